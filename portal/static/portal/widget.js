// <product-reviews product="..." lang="de" structured> : what buyers say, inside a shop's own page.
// Builds nodes one by one and holds its look in a constructed style sheet: a page's policy has to allow this host only, no inline style,
// no inline script, nothing evaluated. Nothing is stored in the reader's browser and nobody is told what they look at.
(() => {
  "use strict";
  const NAME = "product-reviews";
  if (customElements.get(NAME)) return;
  const HOME = new URL(document.currentScript.src).origin;
  const SVG = "http://www.w3.org/2000/svg";
  const STAR = "m12 3.2 2.7 5.6 6.1.8-4.5 4.3 1.1 6.1L12 17l-5.4 3 1.1-6.1-4.5-4.3 6.1-.8z";
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("LOOK");

  const node = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== "" && value != null) made.setAttribute(key, value);
    made.append(...inside.filter((one) => one != null && one !== ""));
    return made;
  };
  const drawn = (name, attributes, ...inside) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const fill = (text, n) => text.replace("{n}", n);
  const isWeb = (address) => /^https?:\/\//.test(address);

  class ProductReviews extends HTMLElement {
    static observedAttributes = ["product", "lang"];
    #wanted = { sort: "", stars: "", photos: "" };
    #asked = 0;

    constructor() {
      super();
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    }

    connectedCallback() { this.#load(); }

    attributeChangedCallback(name, before, after) {
      if (this.isConnected && before !== after) this.#load();
    }

    async #load(after = "") {
      const product = this.getAttribute("product");
      if (!product) return;
      const asked = ++this.#asked;
      const query = new URLSearchParams({ product });
      const language = this.getAttribute("lang") || document.documentElement.lang;
      if (language) query.set("lang", language);
      for (const [name, value] of Object.entries({ ...this.#wanted, after })) if (value) query.set(name, value);
      try {
        const answer = await fetch(`${HOME}/widget/reviews.json?${query}`, { credentials: "omit" });
        if (answer.status === 404) { this.hidden = true; return; }
        if (!answer.ok) throw new Error(String(answer.status));
        const data = await answer.json();
        if (asked !== this.#asked) return;
        this.hidden = false;
        this.#language = data.language;
        if (after) this.#more(data);
        else this.#show(data);
        if (!after && this.hasAttribute("structured")) this.#tellMachines(product);
        this.dispatchEvent(new CustomEvent("reviews-shown", { bubbles: true, detail: { n: data.score.n, mean: data.score.mean } }));
      } catch (error) {
        // The rest of the page goes on without us; what stands between our tags is shown instead.
        if (!this.shadowRoot.childElementCount) this.shadowRoot.replaceChildren(node("slot"));
        this.dispatchEvent(new CustomEvent("reviews-failed", { bubbles: true }));
      }
    }

    #language = "en";

    #show(data) {
      const { score, words } = data;
      const had = this.shadowRoot.activeElement?.dataset.act;
      const list = node("ul", { class: "list" }, ...data.reviews.map((one) => this.#review(one, words)));
      const parts = [node("h2", {}, words.reviews)];
      if (score.n) parts.push(this.#score(score, words), this.#bars(score, words), this.#choices(score, words), list, this.#next(data));
      else parts.push(node("p", {}, words.none));
      const links = [[data.links.all, words.all], [data.links.about, words.about]].slice(score.n ? 0 : 1);
      parts.push(node("p", { class: "row" }, ...links.map(([href, text]) => node("a", { class: "link", href, target: "_blank", rel: "noopener" }, text))));
      this.shadowRoot.replaceChildren(node("section", { class: "all", "aria-label": words.reviews, lang: this.#language }, ...parts));
      if (had) this.shadowRoot.querySelector(`[data-act="${had}"]`)?.focus();
    }

    #score(score, words) {
      const mean = new Intl.NumberFormat(this.#language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(score.mean);
      const told = [fill(words.count, score.n), fill(words.verified, score.verified)].join(", ");
      const box = node("div", { class: "score" }, node("span", { class: "mean", "aria-hidden": "true" }, mean));
      box.append(node("div", {}, this.#stars(Math.round(score.mean), fill(words.stars, mean)), node("p", { class: "quiet" }, told)));
      return node("div", { class: "all" }, box, score.fit && node("p", {}, score.fit));
    }

    #stars(n, label) {
      const five = [1, 2, 3, 4, 5].map((place) => drawn("svg", { viewBox: "0 0 24 24", class: place <= n ? "on" : "", "aria-hidden": "true" }, drawn("path", { d: STAR })));
      return node("span", { class: "stars", role: "img", "aria-label": label }, ...five);
    }

    #bars(score, words) {
      return node("ul", { class: "bars" }, ...[5, 4, 3, 2, 1].map((stars) => {
        const n = score.counts[stars - 1];
        const bar = drawn("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" },
          drawn("rect", { width: 100, height: 8, class: "ground" }), drawn("rect", { width: (100 * n) / score.n, height: 8, class: "fill" }));
        const button = this.#button(`stars-${stars}`, this.#wanted.stars === String(stars), () => {
          this.#choose({ stars: this.#wanted.stars === String(stars) ? "" : String(stars) });
        }, node("span", { "aria-hidden": "true" }, `${stars} ★`), bar, node("span", { class: "num", "aria-hidden": "true" }, String(n)));
        button.setAttribute("aria-label", `${fill(words.only, stars)} (${n})`);
        button.disabled = !n;
        return node("li", {}, button);
      }));
    }

    #choices(score, words) {
      const row = node("p", { class: "row" });
      for (const sort of ["newest", "helpful"]) row.append(this.#button(sort, (this.#wanted.sort || "newest") === sort, () => this.#choose({ sort }), words[sort]));
      if (score.photos) row.append(this.#button("photos", this.#wanted.photos === "1", () => this.#choose({ photos: this.#wanted.photos ? "" : "1" }), `${words.photos} (${score.photos})`));
      if (this.#wanted.stars || this.#wanted.photos) row.append(this.#button("every", null, () => this.#choose({ stars: "", photos: "" }), words.every));
      return row;
    }

    #button(act, isOn, press, ...inside) {
      const made = node("button", { type: "button", "data-act": act, "aria-pressed": isOn === null ? null : String(isOn) }, ...inside);
      made.addEventListener("click", press);
      return made;
    }

    #choose(change) {
      this.#wanted = { ...this.#wanted, ...change };
      this.#load();
    }

    #next(data) {
      if (!data.next) return node("p", { "data-next": "1" });
      return node("p", { "data-next": "1" }, this.#button("more", null, () => this.#load(data.next), data.words.more));
    }

    #more(data) {
      const list = this.shadowRoot.querySelector(".list");
      const added = data.reviews.map((one) => this.#review(one, data.words));
      list.append(...added);
      this.shadowRoot.querySelector("[data-next]").replaceWith(this.#next(data));
      const first = added[0]?.querySelector("h3");
      if (first) { first.tabIndex = -1; first.focus(); }
    }

    #day(text) {
      return new Intl.DateTimeFormat(this.#language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));
    }

    #review(one, words) {
      const about = [one.title && one.author, this.#day(one.date), one.variant].filter(Boolean).join(" · ");
      const sides = [[words.pros, one.pros, one.language], [words.cons, one.cons, one.language]].filter(([, text]) => text);
      const made = node("li", { class: "one" },
        this.#stars(one.stars, fill(words.stars, one.stars)),
        node("h3", {}, node("bdi", {}, one.title || one.author)),
        node("p", { class: "quiet" }, about),
        one.badges.length ? node("ul", { class: "badges" }, ...one.badges.map((badge) => node("li", {}, badge))) : null,
        one.text ? node("p", { class: "text", lang: one.language }, node("bdi", {}, one.text)) : null);
      if (sides.length) made.append(node("dl", { class: "sides" }, ...sides.flatMap(([name, text, lang]) => [node("dt", {}, name), node("dd", { lang }, node("bdi", {}, text))])));
      if (one.fit) made.append(node("p", { class: "quiet" }, one.fit));
      const photos = one.photos.filter((photo) => isWeb(photo.url));
      if (photos.length) made.append(node("ul", { class: "photos" }, ...photos.map((photo, place) => node("li", {}, node("a", { href: photo.url, target: "_blank", rel: "noopener" },
        node("img", { src: photo.url, alt: fill(words.photo, place + 1), width: photo.width, height: photo.height, loading: "lazy" }))))));
      if (one.reply) made.append(node("div", { class: "reply" }, node("p", {}, node("strong", {}, words.reply), " ", node("span", { class: "quiet" }, this.#day(one.reply.date))), node("p", { class: "text", lang: one.reply.language }, node("bdi", {}, one.reply.text))));
      if (one.helpful) made.append(node("p", { class: "quiet" }, fill(words.helped, one.helpful)));
      return made;
    }

    async #tellMachines(product) {
      const held = document.head.querySelector(`script[data-reviews-of="${CSS.escape(product)}"]`);
      if (held) return;
      const answer = await fetch(`${HOME}/widget/reviews.ld.json?${new URLSearchParams({ product })}`, { credentials: "omit" });
      if (!answer.ok) return;
      const told = node("script", { type: "application/ld+json", "data-reviews-of": product });
      told.textContent = await answer.text();
      document.head.append(told);
    }
  }
  customElements.define(NAME, ProductReviews);
})();
