/* sources 1828db44ea3a8d015f3742783e3aed7d */
import{k as a,n as m,s as n}from"./part-NRTYM5ZD.js";import{e as o,f as t}from"./part-CVJNYQXH.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
