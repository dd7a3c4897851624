/* sources 2a18a31be3828674d1e0292d338334d5 */
"use strict";(()=>{var t=document.documentElement;t.classList.remove("no-js");t.classList.add("js");try{let e=localStorage.getItem("deepcat-theme");(e==="light"||e==="dark")&&(t.dataset.theme=e),(localStorage.getItem("deepcat-language")??t.lang)!==t.lang&&t.classList.add("swapping")}catch{}})();
