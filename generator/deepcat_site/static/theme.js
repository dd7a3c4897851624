/* sources 9abf7fcc78db58d65da64d5593704e95 */
"use strict";(()=>{var e=document.documentElement;e.classList.remove("no-js");e.classList.add("js");try{let t=localStorage.getItem("deepcat-theme");(t==="light"||t==="dark")&&(e.dataset.theme=t)}catch{}})();
