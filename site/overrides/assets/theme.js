/* sources 273969ef63a5c5a6af5db6118d377790 */
"use strict";(()=>{var t=document.documentElement;t.classList.remove("no-js");t.classList.add("js");try{let e=localStorage.getItem("deepcat-theme");(e==="light"||e==="dark")&&(t.dataset.theme=e),(localStorage.getItem("deepcat-language")??t.lang)!==t.lang&&t.classList.add("swapping")}catch{}})();
