#!/usr/bin/env bash
# The report in a browser (Debian's chromium, headless): no errors on its console, the glass in three dimensions drawn
# and its controls at work, tables that sort, and a sentence where there is no WebGL:
# report_browser.sh <program> <source directory>
# shellcheck source-path=SCRIPTDIR source=../support/regression.sh
. "$(dirname "$0")/../support/regression.sh"
browser=
for candidate in chromium chromium-browser google-chrome; do
    if command -v "$candidate" > /dev/null; then browser=$candidate && break; fi
done
if [ -z "$browser" ]; then
    echo "SKIPPED: no chromium to show the report in; apt-get install chromium" >&2
    exit 77
fi
export HOME="$work"
find_python

# browse PAGE OUTPUT OPTION...: the page's document after its scripts have run; the console goes to OUTPUT.log.
browse() {
    local page=$1 output=$2
    shift 2
    # A container's root has no sandbox of its own, and its /dev/shm is small. WebGL is drawn by the CPU.
    timeout 120 "$browser" --headless=new --no-sandbox --disable-dev-shm-usage --use-angle=swiftshader \
        --enable-unsafe-swiftshader --hide-scrollbars --no-first-run --user-data-dir="$work/profile" \
        --enable-logging=stderr --v=0 --virtual-time-budget=8000 --window-size=1000,900 "$@" \
        "file://$page" > "$output" 2> "$output.log"
}

"$python" "$source_directory/tests/support/make_synthetic_study.py" "$work/study" --atoms 600 --samples 2
# The page with white pictures: its scripts and its layout do not look into them.
"$python" "$source_directory/tests/support/blank_figures.py" "" "$source_directory/src/report/figures/make_report.py" \
    "$work/study"

echo "== what the browser makes of it"
# What a reader would do, done by a script at the end of a copy; what it sees is left in an attribute of the page.
cat > "$work/actions.html" <<'HTML'
<script>
(function () {
  var seen = {}, find = function (name) { return document.getElementById('glass-' + name); };
  var viewer = find('viewer'), steps = [], errors = [];
  window.addEventListener('error', function (e) { errors.push(e.message); });
  function set(name, value, event) {
    find(name).value = value;
    find(name).dispatchEvent(new Event(event || 'input'));
  }
  function see(name) { seen[name] = [+viewer.dataset.shown, +viewer.dataset.glError, find('scale').textContent]; }
  steps.push(function () { see('all'); set('axis', 2); set('thickness', 4); });
  steps.push(function () { see('slice'); set('axis', -1); set('order', 'low'); set('share', 10); });
  steps.push(function () { see('softest'); set('order', 'all'); });
  Array.from(find('field').options).forEach(function (option) {
    steps.push(function () { set('field', option.value, 'change'); });
    steps.push(function () { see('field ' + option.textContent); });
  });
  steps.push(function () {
    var box = find('canvas').getBoundingClientRect(), at = {clientX: box.left + box.width / 2,
      clientY: box.top + box.height / 2, pointerId: 1, bubbles: true};
    find('canvas').setPointerCapture = function () {};
    find('canvas').dispatchEvent(new PointerEvent('pointerdown', at));
    find('canvas').dispatchEvent(new PointerEvent('pointerup', at));
    seen.atom = find('atom').textContent;
    ['ArrowLeft', 'ArrowUp', '+', '-'].forEach(function (key) {
      find('canvas').dispatchEvent(new KeyboardEvent('keydown', {key: key}));
    });
    find('reset').click();
    // The table that has a column of R: sorted by it, twice.
    var head = Array.from(document.querySelectorAll('#table-s1 + .scroll th')).filter(function (h) {
      return h.textContent.indexOf('single-atom R') === 0;
    })[0];
    var column = head.cellIndex, read = function () {
      var rows = Array.from(head.closest('table').tBodies[0].rows);
      return rows.map(function (r) { return +r.cells[column].dataset.value; });
    };
    head.firstChild.click();
    seen.up = read();
    head.firstChild.click();
    seen.down = read();
    seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    seen.errors = errors;
    document.body.dataset.seen = JSON.stringify(seen);
  });
  function next() {
    if (!steps.length) return;
    try {
      steps.shift()();
    } catch (error) {
      errors.push(error.stack);
      document.body.dataset.seen = JSON.stringify({errors: errors});
      return;
    }
    setTimeout(next, 100);  // the page draws in between
  }
  setTimeout(next, 200);
})();
</script>
HTML
"$python" - "$work/study/report.html" "$work/actions.html" "$work/acted.html" <<'PY'
import sys
page, actions = (open(p, encoding="utf-8").read() for p in sys.argv[1:3])
# A browser without a window makes few frames: let those that the page asks for come from a clock.
clock = "<script>requestAnimationFrame = function (f) { return setTimeout(f, 10); };</script>"
page = page.replace("<head>", "<head>" + clock).replace("</body>", actions + "</body>")
open(sys.argv[3], "w", encoding="utf-8").write(page)
PY
browse "$work/acted.html" "$work/acted" --dump-dom
browse "$work/acted.html" "$work/phone" --dump-dom --window-size=500,900
# Chromium itself grumbles about what a container has not; the page speaks through CONSOLE lines.
browse "$work/study/report.html" "$work/plain" --screenshot="$work/plain.png"
if grep ':CONSOLE' {acted,phone,plain}.log | grep -viE 'swiftshader|fallback|GPU stall|ReadPixels'; then
    fail "the page has something on its console"
fi
"$python" - <<'PY'
import html, json, re
import h5py, numpy as np
from regression import finish, hold
with h5py.File("study/samples/0001/glass.h5") as f:
    x, cell = f["inherent/position"][...], f["inherent/cell"][...]
fractional = x @ np.linalg.inv(cell)
fractional -= np.floor(fractional)
width = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)[2]
slice_of = int(np.sum(np.abs(fractional[:, 2] - 0.5) * width <= 2.0))
with h5py.File("study/samples/0001/barriers.h5") as f:
    searched = int(np.sum(f["atoms/accepted"][...] > 0))
for name in ("acted", "phone"):
    text = open(name, encoding="utf-8").read()
    found = re.search(r'data-seen="([^"]*)"', text)
    if not found:
        hold(False, f"{name}: the actions did not come to their end")
        continue
    seen = json.loads(html.unescape(found[1]))
    hold(not seen["errors"], f"errors: {seen['errors']}")
    hold(seen["all"][0] == 600, f"{seen['all'][0]} of 600 atoms are drawn")
    hold(abs(seen["slice"][0] - slice_of) <= 1, f"{seen['slice'][0]} atoms in a slice of 4 A, {slice_of} here")
    hold(seen["softest"][0] == 60, f"{seen['softest'][0]} atoms are the softest tenth")
    fields = [k for k in seen if k.startswith("field ")]
    hold(fields == ["field " + k for k in ("stiffness", "prediction", "error", "stated error", "mean barrier",
                                           "species")], f"fields: {fields}")
    hold(all(v[1] == 0 for v in seen.values() if isinstance(v, list) and len(v) == 3 and isinstance(v[2], str)),
         "an error of WebGL")
    hold(f"({600 - searched} atoms without a value" in seen["field mean barrier"][2], seen["field mean barrier"][2])
    hold("eV/Å²" in seen["field error"][2] and "Cu" in seen["field species"][2], "the scale of colours")
    hold(re.match(r"(Cu|Zr) \d+: stiffness \d\.\d+ eV/Å², prediction", seen["atom"]), f"a click gives {seen['atom']!r}")
    hold(len(seen["up"]) == 4 and seen["up"] == sorted(seen["up"]), f"sorted by a click: {seen['up']}")
    hold(seen["down"] == seen["up"][::-1], f"sorted by a second click: {seen['down']}")
    hold(seen["wide"] <= 0, f"{name}: the page is {seen['wide']} pixels wider than its window")
# The screenshot of the page's top has ink and paper.
from matplotlib import image
pixels = image.imread("plain.png")[..., :3]
dark = np.mean(pixels.mean(axis=2) < 0.5)
hold(0.003 < dark < 0.5, f"{100 * dark:.2f} % of the screenshot are dark")
finish()
PY

echo "== the glass as pictures"
# The viewer alone at the top of a page, to look at its pixels.
sed -e 's/<body>/<body><style>.viewer{position:fixed;top:0;left:0;right:0;z-index:9;margin:0}<\/style>/' \
    "$work/study/report.html" > "$work/top.html"
browse "$work/top.html" "$work/top" --screenshot="$work/top.png"
"$python" - "$work/top.png" <<'PY'
import sys
import numpy as np
from matplotlib import image
pixels = image.imread(sys.argv[1])[100:600, 200:800, :3]
# Viridis: from violet over green to yellow. White paper and grey lines have no saturation.
spread = pixels.max(axis=2) - pixels.min(axis=2)
coloured = np.mean(spread > 0.15)
green = np.mean((pixels[..., 1] > pixels[..., 0] + 0.1) & (pixels[..., 1] > pixels[..., 2]))
blue = np.mean((pixels[..., 2] > pixels[..., 0] + 0.1) & (pixels[..., 2] > pixels[..., 1]))
if not (coloured > 0.25 and green > 0.02 and blue > 0.02):
    sys.exit(f"FAILED: {coloured:.3f} of the glass is coloured, {green:.3f} green, {blue:.3f} blue")
PY

echo "== without WebGL"
browse "$work/study/report.html" "$work/bare" --dump-dom --disable-3d-apis
grep -q '<div class="viewer" id="glass-viewer" hidden' "$work/bare"
if grep -qE 'id="glass-absent" hidden' "$work/bare"; then
    fail "nothing is said where WebGL is missing"
fi
