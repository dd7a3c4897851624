// The card that other websites embed: `/embed/?module=NAME`.
import { cards } from "./cards.ts";
import { all, find } from "./dom.ts";
import { inTheReadersLanguage } from "./language.ts";
import { isName } from "./wish.ts";

void inTheReadersLanguage();
const name = new URLSearchParams(location.search).get("module") ?? "";
if (isName(name)) {
  void cards([name], Number(document.body.dataset.shards)).then((found) => {
    const card = found.get(name);
    if (!card) return;
    card.querySelector(".tick")?.remove();
    for (const link of all<HTMLAnchorElement>("a", card)) link.target = "_top";
    find("#card")?.replaceChildren(card);
  });
}
