/* sources b4d54c27f00389476818ef6f1cfecf6c */
"use strict";(()=>{var e=document.documentElement;e.classList.remove("no-js");e.classList.add("js");try{let t=localStorage.getItem("deepcat-theme");(t==="light"||t==="dark")&&(e.dataset.theme=t)}catch{}})();
