(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const charts = read("charts");
  const months = read("months");
  const settings = { displayModeBar: false, responsive: true };

  // Without this script all tables are open.
  for (const details of document.querySelectorAll("details")) details.open = false;

  const plot = (box) => {
    box.dataset.drawn = "yes";
    const chart = charts[box.id.replace("chart-", "")];
    // Plotly cannot draw flows where there are none.
    box.hidden = chart.data[0].link?.value.length === 0;
    if (box.hidden) return Plotly.purge(box);
    return Plotly.newPlot(box, chart.data, chart.layout, settings);
  };
  const draw = (box) => box.dataset.drawn || plot(box);
  const boxes = [...document.querySelectorAll(".chart")];
  // Drawing all charts at once would hold up the page.
  const watch = new IntersectionObserver(
    (seen) => seen.forEach((each) => each.isIntersecting && draw(each.target)),
    { rootMargin: "600px" },
  );
  boxes.forEach((box) => watch.observe(box));
  const drawAll = () => Promise.all(boxes.map(draw));
  window.drawAll = drawAll;

  // For who prints or searches the page; drawing must have ended by then, for flows appear slowly.
  const drawNext = () => {
    const box = boxes.find((each) => !each.dataset.drawn);
    if (!box) return;
    draw(box);
    idle(drawNext);
  };
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 50));
  idle(drawNext);

  // Paper is narrower than most screens.
  const scale = (widest) =>
    boxes.forEach((box) => {
      box.style.zoom = Math.min(1, widest / (box.firstElementChild?.clientWidth || widest));
    });
  addEventListener("beforeprint", () => {
    drawAll();
    scale(640);
  });
  addEventListener("afterprint", () => scale(Infinity));

  for (const menu of document.querySelectorAll("select[data-figure]")) {
    const key = menu.dataset.figure;
    const figure = document.getElementById(`figure-${key}`);
    menu.addEventListener("change", () => {
      const month = months[key][menu.value];
      const [trace] = charts[key].data;
      for (const name of ["source", "target", "value", "color"]) trace.link[name] = month[name];
      figure.querySelector(".takeaway").textContent = month.takeaway;
      const note = figure.querySelector(".note");
      note.textContent = month.note;
      note.hidden = !month.note;
      const body = figure.querySelector("tbody");
      // By the headings: the table of a month that shows nothing has no row.
      const pattern = [...figure.querySelectorAll("thead th")].map((heading) =>
        heading.classList.contains("gt_left") ? "gt_row gt_left" : "gt_row gt_right",
      );
      body.replaceChildren(
        ...month.rows.map((cells) => {
          const row = document.createElement("tr");
          cells.forEach((text, place) => {
            const cell = row.insertCell();
            cell.className = pattern[place];
            cell.textContent = text;
          });
          return row;
        }),
      );
      plot(document.getElementById(`chart-${key}`));
    });
    // A browser may keep what was chosen before the page was loaded anew.
    if (menu.selectedIndex) menu.dispatchEvent(new Event("change"));
  }
})();
