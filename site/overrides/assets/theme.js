/* sources 8ad96652a3c62c621b04ca7f5cd0c823 */
"use strict";(()=>{var t=document.documentElement;t.classList.remove("no-js");t.classList.add("js");try{let e=localStorage.getItem("deepcat-theme");(e==="light"||e==="dark")&&(t.dataset.theme=e),(localStorage.getItem("deepcat-language")??t.lang)!==t.lang&&t.classList.add("swapping")}catch{}})();
