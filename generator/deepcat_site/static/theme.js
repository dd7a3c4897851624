/* sources ccbfda4a01b6573d6c14bca60e4dc603 */
"use strict";(()=>{var e=document.documentElement;e.classList.remove("no-js");e.classList.add("js");try{let t=localStorage.getItem("deepcat-theme");(t==="light"||t==="dark")&&(e.dataset.theme=t)}catch{}})();
