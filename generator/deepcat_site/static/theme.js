/* sources 6e640362d8d90fe618aefa90cacc0a97 */
"use strict";(()=>{var e=document.documentElement;e.classList.remove("no-js");e.classList.add("js");try{let t=localStorage.getItem("deepcat-theme");(t==="light"||t==="dark")&&(e.dataset.theme=t)}catch{}})();
