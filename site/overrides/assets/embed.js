/* sources bdf305385389dfe405b2bb0b93dd9d60 */
import{k as a,n as m,s as n}from"./part-YXZFE76P.js";import{e as o,f as t}from"./part-QNBEQN2W.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
