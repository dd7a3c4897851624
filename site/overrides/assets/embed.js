/* sources 467f062484df878aeff3e751af3d47e4 */
import{k as a,n as m,s as n}from"./part-NDLJ4ZVU.js";import{e as o,f as t}from"./part-Z25Q6K5K.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
