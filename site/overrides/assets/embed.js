/* sources 2a18a31be3828674d1e0292d338334d5 */
import{k as a,n as m,s as n}from"./part-KDSXCXOI.js";import{e as o,f as t}from"./part-XCB27FPS.js";a();var r=new URLSearchParams(location.search).get("module")??"";n(r)&&m([r],Number(document.body.dataset.shards)).then(i=>{let e=i.get(r);if(e){e.querySelector(".tick")?.remove();for(let c of t("a",e))c.target="_top";o("#card")?.replaceChildren(e)}});
