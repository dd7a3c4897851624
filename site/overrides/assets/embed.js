/* sources 218408e292c28f20bc40a5d5462252db */
import{k as a,n as m,s as n}from"./part-FGMLSNK4.js";import{e as o,f as t}from"./part-IQAHRH3O.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
