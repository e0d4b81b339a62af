// Runs in a page of its own. Opens each respondent's page in a frame of each width, lets axe look at it, measures what
// a thumb needs, and leaves what it found in the document: first line the number of looks, then one fault a line.
addEventListener("load", async () => {
  const { axe, dark, pages, widths } = JSON.parse(document.getElementById("given").textContent);
  const faults = [];
  let looks = 0;
  const frame = document.createElement("iframe");
  document.body.append(frame);
  for (const width of widths) {
    frame.style.cssText = `border:0;width:${width}px;height:900px`;
    for (const [name, html] of pages) {
      const loaded = new Promise((resolve) => { frame.onload = resolve; });
      frame.srcdoc = html;
      await loaded;
      const inside = frame.contentWindow;
      const root = inside.document.documentElement;
      const fault = (text) => faults.push(`${name} at ${width}: ${text}`);
      const ground = inside.getComputedStyle(inside.document.body).backgroundColor;
      if (ground !== (dark ? "rgb(20, 23, 29)" : "rgb(255, 255, 255)")) fault(`the ground is ${ground}`);
      if (root.scrollWidth > inside.innerWidth) fault(`scrolls sideways: ${root.scrollWidth} px wide`);
      for (const target of inside.document.querySelectorAll("button, .btn, .tiles label, input[type=text], select")) {
        const box = target.getBoundingClientRect();
        if (box.height < 47.9 || box.width < 47.9) {
          fault(`${box.width.toFixed(0)} x ${box.height.toFixed(0)} px to tap: ${target.textContent.trim()}`);
        }
      }
      for (const entry of inside.performance.getEntriesByType("resource")) fault(`asked for ${entry.name}`);
      inside.eval(axe);
      const report = await inside.axe.run(inside.document, { resultTypes: ["violations"] });
      for (const violation of report.violations) {
        for (const node of violation.nodes) fault(`${violation.id}: ${violation.help}: ${node.html.slice(0, 120)}`);
      }
      looks += 1;
    }
  }
  frame.remove();
  const measured = document.createElement("pre");
  measured.id = "measured";
  measured.textContent = [looks, ...faults].join("\n");
  document.body.append(measured);
});
