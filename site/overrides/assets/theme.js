/* sources b2162a2933cd4f3e042b9676ecd8b7e3 */
"use strict";(()=>{var t=document.documentElement;t.classList.remove("no-js");t.classList.add("js");try{let e=localStorage.getItem("deepcat-theme");(e==="light"||e==="dark")&&(t.dataset.theme=e),(localStorage.getItem("deepcat-language")??t.lang)!==t.lang&&t.classList.add("swapping")}catch{}})();
