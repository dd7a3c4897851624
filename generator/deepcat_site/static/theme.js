/* sources d407bfcf10772fc0d5b35cfba76c1965 */
"use strict";(()=>{var e=document.documentElement;e.classList.remove("no-js");e.classList.add("js");try{let t=localStorage.getItem("deepcat-theme");(t==="light"||t==="dark")&&(e.dataset.theme=t)}catch{}})();
