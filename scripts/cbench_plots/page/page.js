// Draws the pictures of a report, filters them by model, and follows light, dark and print.
'use strict';
(() => {
  const {pictures, templates, looks} = JSON.parse(document.getElementById('figures').textContent);
  const root = document.documentElement;
  const boxes = [...document.querySelectorAll('#filter input')];
  const narrow = 600;  // px: below, pictures take their narrow form
  const few = 3;       // models: up to so many, every law is drawn that was fitted
  const paper = 680;   // px: the width of a printed page
  let printing = false;

  // ---- Light and dark

  const system = matchMedia('(prefers-color-scheme: dark)');
  let asked = null;  // by the button, over what the system says
  const dark = () => !printing && (asked ?? system.matches);
  function paint() {
    root.dataset.theme = dark() ? 'dark' : 'light';
    drawAll();
  }

  // ---- One picture for the models that are shown

  const shown = () => new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.model));

  function recoloured(traces) {
    if (!dark()) return traces;
    return traces.map((trace) => {
      if (trace.meta?.dark) return {...trace, ...trace.meta.dark};
      const look = looks[trace.meta?.label];
      if (!look || look.colour === look.colour_on_dark) return trace;
      const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(',');
      const text = JSON.stringify(trace)
        .replaceAll(look.colour, look.colour_on_dark).replaceAll(`(${rgb(look.colour)},`, `(${rgb(look.colour_on_dark)},`);
      return JSON.parse(text);
    });
  }

  function onlyRows(trace, models) {
    const keep = (_, at) => models.has(trace.meta.rows[at]);
    return {...trace, y: trace.y.filter(keep), z: trace.z.filter(keep),
            customdata: trace.customdata.filter(keep)};
  }

  // Panels over each other, with as much room for the axis between them whatever their height.
  function spread(layout) {
    const gap = layout.meta.gap / Math.max(1, layout.height - 8 - layout.meta.gap);
    const names = Object.keys(layout).filter((name) => name.startsWith('yaxis')).sort();
    const each = Math.max(0.01, (1 - gap * (names.length - 1)) / names.length);
    names.forEach((name, at) => {
      const low = (names.length - 1 - at) * (each + gap);
      layout[name].domain = [low, Math.min(1, low + each)];
    });
  }

  function filtered(figure, models) {
    const layout = structuredClone(figure.layout);
    let traces = figure.data.filter((trace) => !trace.meta?.label || models.has(trace.meta.label));
    traces = traces.map((trace) => (trace.meta?.rows ? onlyRows(trace, models) : trace));

    const withLaws = new Set(traces.filter((trace) => trace.meta?.law).map((trace) => trace.meta.label));
    traces = traces.map((trace) =>
      trace.meta?.law ? {...trace, visible: trace.meta.chosen || withLaws.size <= few} : trace);

    // Rows that belong to a model: take out what is hidden, and close the gaps.
    const rows = layout.meta.rows;
    if (rows) {
      const left = rows.filter((row) => models.has(row.label));
      const gone = new Set(rows.filter((row) => !models.has(row.label)).map((row) => row.text));
      const before = new Map(rows.map((row, at) => [at, left.indexOf(row)]));
      for (const axis of Object.keys(layout).filter((name) => name.startsWith('yaxis'))) {
        layout[axis].range = [left.length - 0.5, -0.5];
        if (layout[axis].categoryarray) {
          layout[axis].categoryarray = layout[axis].categoryarray.filter((name) => !gone.has(name));
        } else if (layout[axis].ticktext) {
          layout[axis].tickvals = left.map((_, at) => at);
          layout[axis].ticktext = left.map((row) => row.text);
          traces = traces.map((trace) => ({...trace, y: trace.y.map((y) => y - Math.round(y) + before.get(Math.round(y)))}));
        }
      }
      // A note stands in a row by its name, or by its place.
      layout.annotations = (layout.annotations ?? []).filter((note) => !gone.has(note.y) && (before.get(note.y) ?? 0) >= 0)
        .map((note) => ({...note, y: before.get(note.y) ?? note.y}));
      layout.height = layout.height - (rows.length - left.length) * layout.meta.row_height;
      if (layout.meta.gap) spread(layout);
    }
    return {traces: recoloured(traces), layout};
  }

  // Labels that would run into each other: every second or third is enough.
  function thin(layout, width) {
    for (const name of Object.keys(layout).filter((key) => key.startsWith('xaxis'))) {
      const axis = layout[name];
      if (axis.type === 'date') {  // its labels are chosen when it is drawn, some with a day below
        axis.nticks = Math.max(2, Math.floor((width - 100) / 130));
        continue;
      }
      const [from, to] = axis.domain ?? [0, 1];
      const letters = Math.max(...(axis.ticktext ?? ['']).map((text) => text.length));
      const step = Math.ceil((axis.ticktext ?? []).length * (letters * 7.5 + 8) / ((width - 190) * (to - from)));
      if (step < 2) continue;
      axis.tickvals = axis.tickvals.filter((_, at) => at % step === 0);
      axis.ticktext = axis.ticktext.filter((_, at) => at % step === 0);
    }
  }

  // ---- Titles: what the program said of each model that is shown, put together

  const who = (parts) => {
    const names = parts.map((part) => part.label);
    if (names.length > 3) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`;
    return names.length < 2 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  };

  function titleOf({parts, title}, models) {
    const left = parts.filter((part) => models.has(part.label));
    if (left.length === parts.length) return title;
    if (!left.length) return 'No model of this picture is shown';
    if (!left[0].tier) return `Of those shown: ${left[0].first}${left.length > 1 ? left.at(-1).last : ''}`;
    const first = left.filter((part) => part.tier === left[0].tier);
    const then = left[first.length];
    const values = first[0].first === first.at(-1).first ? first[0].first : `${first[0].first} to ${first.at(-1).first}`;
    return `Of those shown: ${who(first)} ${first.length > 1 ? 'share the first place' : 'comes first'}, ${values}`
      + (then ? `; next is ${then.label}, ${then.first}` : '');
  }

  function redrawTitles(models) {
    for (const heading of document.querySelectorAll('[data-title]')) {
      const name = heading.dataset.title;
      const title = titleOf(pictures[name], models);
      const [first, ...rest] = title.split('; ');
      heading.textContent = first;
      document.querySelector(`[data-rest="${name}"]`).textContent = rest.join('; ');
      document.querySelector(`[data-picture="${name}"]`).setAttribute('aria-label', title);
    }
  }

  function draw(element, models) {
    const width = printing ? paper : element.clientWidth;
    if (!width || !window.Plotly) return;
    const forms = pictures[element.dataset.picture];
    const {traces, layout} = filtered(width < narrow && forms.narrow ? forms.narrow : forms.wide, models);
    layout.template = templates[dark() ? 'dark' : 'light'];
    layout.width = width;
    thin(layout, width);
    layout.dragmode = matchMedia('(pointer: coarse)').matches ? false : 'zoom';
    // From light to dark nothing is kept: what was drawn faintly stayed as it was.
    const anew = element.dataset.theme !== root.dataset.theme;
    element.dataset.theme = root.dataset.theme;
    (anew ? Plotly.newPlot : Plotly.react)(element, traces, layout, {displayModeBar: false});
  }

  for (const caption of document.querySelectorAll('[data-caption]')) {
    caption.textContent = pictures[caption.dataset.caption].wide.layout.meta.caption;
  }
  const charts = [...document.querySelectorAll('.chart')];
  function drawAll() {
    const models = shown();
    for (const element of charts) draw(element, models);
    redrawTitles(models);
    for (const row of document.querySelectorAll('tr[data-model], li[data-model]')) row.hidden = !models.has(row.dataset.model);
  }

  // ---- What readers do

  document.getElementById('theme').addEventListener('click', () => { asked = !dark(); paint(); });
  system.addEventListener('change', paint);
  document.getElementById('filter').addEventListener('change', drawAll);
  for (const button of document.querySelectorAll('#filter button')) {
    button.addEventListener('click', () => {
      for (const box of boxes) box.checked = Boolean(button.dataset.all);
      drawAll();
    });
  }
  for (const details of document.querySelectorAll('details')) details.addEventListener('toggle', drawAll);
  let resized = 0;
  let lastWidth = root.clientWidth;
  addEventListener('resize', () => {
    clearTimeout(resized);
    // On phones, scrolling hides the address bar: a new height is no reason to draw.
    resized = setTimeout(() => { if (root.clientWidth !== lastWidth) { lastWidth = root.clientWidth; drawAll(); } }, 150);
  });

  const folded = new Set();
  function print(now) {
    if (printing === now) return;
    printing = now;
    for (const details of document.querySelectorAll('#pictures details')) {
      if (now && !details.open) { folded.add(details); details.open = true; }
      if (!now && folded.has(details)) details.open = false;
    }
    paint();
  }
  addEventListener('beforeprint', () => print(true));
  addEventListener('afterprint', () => print(false));

  for (const head of document.querySelectorAll('th[data-sort]')) {
    head.firstElementChild.addEventListener('click', () => {
      const body = head.closest('table').tBodies[0];
      const at = head.cellIndex;
      const now = head.getAttribute('aria-sort');
      const next = !now ? head.dataset.first : now === 'ascending' ? 'descending' : 'ascending';
      const sign = next === 'ascending' ? 1 : -1;
      const value = (row) => row.cells[at]?.dataset.value ?? '';
      // What is not known comes last, whichever way.
      const compare = (a, b) => (value(a) === '' || value(b) === '' ? (value(a) === '') - (value(b) === '')
        : sign * (head.dataset.sort === 'text' ? value(a).localeCompare(value(b)) : value(a) - value(b)));
      for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', next);
      body.append(...[...body.rows].sort(compare));
    });
  }

  // ---- The library is embedded compressed: a third of its size

  async function unpack() {
    const packed = atob(document.getElementById('plotly').textContent.trim());
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const script = document.createElement('script');
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }

  paint();
  unpack().then(() => { drawAll(); root.dataset.drawn = 'yes'; }, (error) => {
    for (const element of charts) {
      element.innerHTML = '<p class="failed">This browser is too old to draw the pictures; the tables hold the numbers.</p>';
    }
    console.error(error);
  });
})();
