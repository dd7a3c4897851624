/* sources 35e5f70559a0f11ef2b061d43360e447 */
import{k as a,n as m,s as n}from"./part-RAHA25NX.js";import{e as o,f as t}from"./part-QL57KNZ6.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
