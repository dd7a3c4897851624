/* sources 8ad96652a3c62c621b04ca7f5cd0c823 */
import{k as a,n as m,s as n}from"./part-OLZQABZ7.js";import{e as o,f as t}from"./part-E2F4BHYC.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
