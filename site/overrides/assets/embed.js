/* sources 7b4755c859e2271fe6289fc84978c07c */
import{k as a,n as m,s as n}from"./part-UX5AZH4B.js";import{e as o,f as t}from"./part-AYTYGAWF.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
