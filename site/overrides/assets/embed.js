/* sources a19d18e98b218872335ebdc8700a9469 */
import{k as a,n as m,s as n}from"./part-LA7645HM.js";import{e as o,f as t}from"./part-DHGUIPTQ.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
