/* sources 273969ef63a5c5a6af5db6118d377790 */
import{k as a,n as m,s as n}from"./part-BF63XJI6.js";import{e as o,f as t}from"./part-JQQK5FVH.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
