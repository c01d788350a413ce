(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const charts = read("charts");
  const months = read("months");
  const settings = { displayModeBar: false, responsive: true };

  // Without this script all tables are open.
  for (const details of document.querySelectorAll("details")) details.open = false;

  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const chart = charts[box.id.replace("chart-", "")];
    return Plotly.newPlot(box, chart.data, chart.layout, settings);
  };
  const boxes = [...document.querySelectorAll(".chart")];
  // Drawing all charts at once would hold up the page.
  const watch = new IntersectionObserver(
    (seen) => seen.forEach((each) => each.isIntersecting && draw(each.target)),
    { rootMargin: "600px" },
  );
  boxes.forEach((box) => watch.observe(box));
  const drawAll = () => Promise.all(boxes.map(draw));
  window.drawAll = drawAll;

  addEventListener("beforeprint", () => {
    drawAll();
    boxes.forEach((box) => Plotly.relayout(box, { width: Math.min(box.clientWidth, 640) }));
  });
  addEventListener("afterprint", () =>
    boxes.forEach((box) => Plotly.relayout(box, { width: null, autosize: true })),
  );

  for (const menu of document.querySelectorAll("select[data-figure]")) {
    const key = menu.dataset.figure;
    const figure = document.getElementById(`figure-${key}`);
    menu.addEventListener("change", () => {
      const month = months[key][menu.value];
      const [trace] = charts[key].data;
      for (const name of ["source", "target", "value", "color"]) trace.link[name] = month[name];
      const box = document.getElementById(`chart-${key}`);
      box.dataset.drawn = "yes";
      Plotly.newPlot(box, charts[key].data, charts[key].layout, settings);
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
    });
    // A browser may keep what was chosen before the page was loaded anew.
    if (menu.selectedIndex) menu.dispatchEvent(new Event("change"));
  }
})();
