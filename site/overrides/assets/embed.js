/* sources 9b4595421b1c73602b4578b294c80c95 */
import{k as a,n as m,s as n}from"./part-ZXXBFVFR.js";import{e as o,f as t}from"./part-L3LXWA6Y.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
