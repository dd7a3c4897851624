/* sources 351844e7b2f1c64bd1746f34297f788b */
import{k as a,n as m,s as n}from"./part-LPRRVPDS.js";import{e as o,f as t}from"./part-GXMCCVNR.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
