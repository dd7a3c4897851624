/* sources ff8525eebcef4f3f3c0b6f95647a4890 */
import{k as a,n as m,s as n}from"./part-2OFMFBFW.js";import{e as o,f as t}from"./part-2QIT2ZZ5.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
