/* sources 922a200779833a4d4e94348b763e74d0 */
import{k as a,n as m,s as n}from"./part-AVOLVY2D.js";import{e as o,f as t}from"./part-QMQFRCPQ.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
