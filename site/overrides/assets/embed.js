/* sources da9c7c173f7cd87ad28dd9e13a78b891 */
import{k as a,n as m,s as n}from"./part-FBORRN6N.js";import{e as o,f as t}from"./part-22OF3GMT.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
