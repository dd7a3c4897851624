// Making elements: text is always text, never HTML.
type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

function dress(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => !!child || child === ""));
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  dress(element, attributes, children);
  return element;
}

/** Text with what stands between backticks as code. */
export function ticked(text: string): (Node | string)[] {
  const parts = text.split("`");
  return parts.length % 2 ? parts.map((part, i) => i % 2 ? h("code", {}, part) : part) : [text];
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  dress(element, attributes, children);
  return element;
}

export function icon(name: string): SVGElement {
  return svg("svg", { class: "icon", "aria-hidden": "true" },
    svg("use", { href: new URL(`./icons.svg#${name}`, import.meta.url).href }));
}

export function find<T extends Element>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

export function all<T extends Element>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** The way back to the website's root, without a slash at its end. */
export function base(): string {
  return find<HTMLElement>("[data-base]")?.dataset.base ?? ".";
}

/** JSON that the page carries with it. */
export function data<T>(id: string): T | null {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) as T : null;
}
