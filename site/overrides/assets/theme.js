/* sources 8ac46923727051fd8a856b108d7c8576 */
"use strict";(()=>{var t=document.documentElement;t.classList.remove("no-js");t.classList.add("js");try{let e=localStorage.getItem("deepcat-theme");(e==="light"||e==="dark")&&(t.dataset.theme=e),(localStorage.getItem("deepcat-language")??t.lang)!==t.lang&&t.classList.add("swapping")}catch{}})();
