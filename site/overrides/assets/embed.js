/* sources f155bfdeef51dec2462611ad510d8960 */
import{k as a,n as m,s as n}from"./part-446QFNZX.js";import{e as o,f as t}from"./part-KMMVQMCC.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
