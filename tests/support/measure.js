// Runs inside the page of a browser test. Collects the box of every line of text, looks for faults, and leaves them
// in the embedding document: first line "COUNT texts at WIDTH", then one fault a line.
addEventListener("load", () => {
  const faults = [];
  const scrolls = (element) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const overflow = getComputedStyle(at).overflowX;
      if (overflow === "auto" || overflow === "scroll") return at;
    }
    return null;
  };
  const name = (text) => `"${text.trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  let count = 0;
  for (const page of document.querySelectorAll("article")) {
    const sheet = page.getBoundingClientRect();
    const boxes = [];
    const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.data.trim() || parent.closest("title, desc, script, style")) continue;
      const size = parseFloat(getComputedStyle(parent).fontSize);
      const svg = parent.closest("svg");
      const scale = svg && svg.viewBox.baseVal.width
        ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        if (rect.width < 0.5) continue;
        // Line boxes are taller than the ink: keep the middle three quarters of an em.
        const middle = (rect.top + rect.bottom) / 2, half = 0.375 * size * scale;
        boxes.push({ node, left: rect.left, right: rect.right, top: middle - half, bottom: middle + half });
      }
    }
    count += boxes.length;
    for (const box of boxes) {
      const inside = scrolls(box.node.parentElement);
      const bounds = inside ? inside.getBoundingClientRect() : sheet;
      const left = inside ? bounds.left - inside.scrollLeft : sheet.left;
      const right = inside ? left + inside.scrollWidth : Math.min(sheet.right, innerWidth);
      if (box.left < left - 1 || box.right > right + 1) {
        faults.push(`${page.id}: cut or outside its page: ${name(box.node.data)}`);
      }
      if (box.top < sheet.top - 1 || box.bottom > sheet.bottom + 1) {
        faults.push(`${page.id}: above or below its page: ${name(box.node.data)}`);
      }
    }
    boxes.sort((one, other) => one.top - other.top);
    for (let i = 0; i < boxes.length; i++) {
      for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom - 1; j++) {
        const one = boxes[i], other = boxes[j];
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 1 && down > 1) {
          faults.push(`${page.id}: overlap of ${across.toFixed(1)} x ${down.toFixed(1)}: `
            + `${name(one.node.data)} and ${name(other.node.data)}`);
        }
      }
    }
    for (const element of page.querySelectorAll("*")) {
      const style = getComputedStyle(element);
      if ((style.overflowX === "hidden" || style.overflowX === "clip")
        && element.scrollWidth > element.clientWidth + 1 && !element.closest("svg")) {
        faults.push(`${page.id}: cut: ${name(element.textContent)}`);
      }
    }
    const most = { "page-5": 794, "page-10": Infinity }[page.id] ?? 1123;
    if (innerWidth > 1123 && page.classList.contains("sheet") && sheet.height > most + 1) {
      faults.push(`${page.id}: ${sheet.height.toFixed(0)} px high, A4 has ${most}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) {
    faults.push(`the page scrolls sideways: ${document.documentElement.scrollWidth} px wide`);
  }
  for (const entry of performance.getEntriesByType("resource")) faults.push(`asked for ${entry.name}`);
  const measured = parent.document.createElement("pre");
  measured.id = "measured";
  measured.textContent = [`${count} texts at ${innerWidth}`, ...faults].join("\n");
  parent.document.body.append(measured);
});
