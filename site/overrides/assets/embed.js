/* sources c32a958f5252568d1b6110af1039af81 */
import{k as a,n as m,s as n}from"./part-7T7MIQM4.js";import{e as o,f as t}from"./part-UP6KGQI5.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
