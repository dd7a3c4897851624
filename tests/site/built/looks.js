// What a reader would see broken on a page: nothing sticks out, no word is cut, no box is empty, no heading stands alone,
// and no word is a program's. Gives a line for each thing that is not so.
() => {
  const found = new Set();
  const path = (element) => {
    const names = [];
    for (let at = element; at && at !== document.body && names.length < 3; at = at.parentElement) {
      names.unshift([at.tagName.toLowerCase(), ...at.classList].join("."));
    }
    return names.join(" > ");
  };
  const tell = (what, element, more = "") => found.add(`${what}: ${path(element)} ${more.slice(0, 80)}`);
  const style = (element) => getComputedStyle(element);
  const shown = (element) => !element.closest(".sr, [hidden]") && style(element).visibility !== "hidden" && element.getClientRects().length > 0;
  const above = function* (element) {
    for (let at = element; at && at !== document.body; at = at.parentElement) yield at;
  };
  const scrolls = (element) => [...above(element)].some((at) => /auto|scroll/.test(style(at).overflowX));
  const clips = (element) => [...above(element)].some((at) => /hidden|clip/.test(style(at).overflowX));
  const pictured = "img, svg, canvas, input, select, textarea, button, iframe";
  const full = (element) => element.textContent.trim() || element.matches(pictured) || element.querySelector(pictured);
  const brush = document.createElement("canvas").getContext("2d");
  const fits = (element, words) => {
    const { fontSize, fontFamily, paddingLeft, paddingRight } = style(element);
    brush.font = `${fontSize} ${fontFamily}`;
    return brush.measureText(words).width <= element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) + 1;
  };

  const page = document.documentElement;
  if (page.scrollWidth > innerWidth) found.add(`the page is ${page.scrollWidth} wide`);
  for (const element of document.body.querySelectorAll("*:not(svg *)")) {
    if (!shown(element)) continue;
    const look = style(element);
    const box = element.getBoundingClientRect();
    if ((box.right > innerWidth + 1 || box.left < -1) && !scrolls(element)) tell("out of the page", element);
    // A choice has one line; where that is as wide as a phone, more cannot be had.
    const narrow = element.matches("select") && element.selectedOptions[0] && box.width < 260;
    if (narrow && !fits(element, element.selectedOptions[0].text)) {
      tell("a choice is cut", element, element.selectedOptions[0].text);
    }
    // What ends after so many lines says so by an ellipsis.
    const cuts = !element.matches(pictured) && element.clientWidth > 0 && look.webkitLineClamp === "none" && element.textContent.trim();
    if (cuts && /hidden|clip/.test(look.overflowX) && element.scrollWidth > element.clientWidth + 1) tell("cut", element, element.textContent);
    const bordered = look.borderTopStyle !== "none" && look.borderTopWidth !== "0px" && look.borderLeftWidth !== "0px";
    if (bordered && box.height > 16 && !full(element) && !element.matches("td, th, tr, i, span")) tell("an empty box", element);
    if (element.matches("p, ul, ol, dl, dd, table") && box.height > 2 && !full(element)) tell("empty", element);
  }

  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const element = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !shown(element) || element.closest("svg, select, textarea")) continue;
    const block = [...above(element)].find((at) => !/^inline$|^contents$/.test(style(at).display)) ?? document.body;
    if (scrolls(element) || clips(block)) continue;
    const range = document.createRange();
    range.selectNodeContents(words.currentNode);
    // The blank at the end of a line may hang.
    const [text, room] = [range.getBoundingClientRect(), block.getBoundingClientRect()];
    if (text.width && (text.right > room.right + 9 || text.left < room.left - 9)) tell("out of its box", element, words.currentNode.data);
  }

  const headings = "h2, h3, h4, h5";
  for (const heading of document.querySelectorAll(headings)) {
    if (!shown(heading) || heading.closest(".prose, .card, summary")) continue;
    let next = heading.nextElementSibling;
    while (next && !next.matches(headings) && !(shown(next) && full(next))) next = next.nextElementSibling;
    const deeper = next?.matches(headings) && next.tagName > heading.tagName;
    if (!next || (next.matches(headings) && !deeper)) tell("a heading alone", heading, heading.textContent);
  }

  const said = document.body.innerText;
  for (const [words_] of said.matchAll(/(?<![\d.,-])1 (modules|results|versions|metrics|samples|days|hours|minutes|hosts|clouds|changes|files|rules|others|Tage|Stunden|Minuten|Dateien|Versionen)\b/g)) found.add(`plural: ${words_}`);
  for (const [words_] of said.matchAll(/^.*(\bundefined\b|\bNaN\b|\[object |^None$|^True$|^False$).*$/gm)) found.add(`a program's word: ${words_}`);
  return [...found];
}
