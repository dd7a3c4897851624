/* sources ff361803932a43d108f60760b6cc3077 */
import{k as a,n as m,s as n}from"./part-FRQRKWE4.js";import{e as o,f as t}from"./part-MA4KLMIG.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
