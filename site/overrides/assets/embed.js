/* sources 86257c54ea0dc2a556de045100470fb0 */
import{k as a,n as m,s as n}from"./part-MY4FK5H7.js";import{e as o,f as t}from"./part-KMEKBOJ5.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
