// A module's page: the form to try it, and which section is being read.
import { all } from "./dom.ts";
import { tryIt } from "./tryit.ts";

function sections(): void {
  const links = new Map(all<HTMLAnchorElement>(".sections a").map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver((seen) => {
    for (const entry of seen) {
      if (!entry.isIntersecting) continue;
      links.forEach((link, id) => link.classList.toggle("here", id === entry.target.id));
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) watcher.observe(section);
  }
}

tryIt();
sections();
