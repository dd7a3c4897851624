/* sources cf413fe8e1167196db3a6f0f6eaf7568 */
import{k as a,n as m,s as n}from"./part-6OO3F6WY.js";import{e as o,f as t}from"./part-CCWFIRQX.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
