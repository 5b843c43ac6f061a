// The glass in three dimensions: every atom is a point that the shaders draw as a shaded sphere (WebGL 2, no library).
// viewer.py writes the page's controls, #glass-info (JSON) and #glass-data (base64 of little-endian float32).
(function () {
  'use strict';
  var box = document.getElementById('glass-viewer');
  if (!box) return;
  var start = performance.now();
  var find = function (name) { return document.getElementById('glass-' + name); };
  var canvas = find('canvas');
  var gl = canvas.getContext('webgl2', {alpha: true, antialias: false, preserveDrawingBuffer: false});
  function giveUp() {
    box.hidden = true;
    find('absent').hidden = false;
  }
  if (!gl) return giveUp();

  var info = JSON.parse(find('info').textContent), n = info.atoms;
  var text = atob(find('data').textContent.trim()), bytes = new Uint8Array(text.length);
  for (var i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  var view = new DataView(bytes.buffer), all = new Float32Array(bytes.length / 4);
  for (i = 0; i < all.length; ++i) all[i] = view.getFloat32(4 * i, true);
  var place = all.subarray(0, 3 * n), kind = all.subarray(3 * n, 4 * n), id = all.subarray(4 * n, 5 * n);
  function column(k) { return all.subarray((5 + k) * n, (6 + k) * n); }

  // cell: lattice vectors as columns [A]; widths: distances between opposite faces [A].
  var cell = info.cell, reach = info.reach;
  var turn = [1, 0, 0, 0, 1, 0, 0, 0, 1], zoom = 1, shift = [0, 0];
  var radius = info.species.map(function (s) { return s.radius; });

  function program(vertex, fragment) {
    var p = gl.createProgram();
    [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]].forEach(function (part) {
      var s = gl.createShader(part[0]);
      gl.shaderSource(s, '#version 300 es\nprecision highp float;\n' + part[1]);
      gl.compileShader(s);
      gl.attachShader(p, s);
    });
    gl.linkProgram(p);
    if (!gl.getProgramParameter(p, gl.LINK_STATUS)) throw new Error('shaders: ' + gl.getProgramInfoLog(p));
    var where = {};
    for (var k = gl.getProgramParameter(p, gl.ACTIVE_UNIFORMS) - 1; k >= 0; --k) {
      var name = gl.getActiveUniform(p, k).name;
      where[name.replace('[0]', '')] = gl.getUniformLocation(p, name);
    }
    return {program: p, at: where};
  }
  var common = 'uniform mat3 cell, turn; uniform vec2 scale, shift; uniform float reach;\n' +
    'vec3 seen(vec3 fractional) { return turn * (cell * (fractional - 0.5)); }\n' +
    'vec4 placed(vec3 p) { return vec4((p.xy + shift) * scale, -p.z / reach, 1.0); }\n';
  var atoms = program(common +
    'in vec3 fractional; in vec3 colour; in float species; in float rank;\n' +
    'uniform float radius[8], pixels; uniform vec3 low, high; uniform vec2 ranks;\n' +
    'out vec3 tint; out float depth, thick;\n' +
    'void main() {\n' +
    '  vec3 p = seen(fractional);\n' +
    '  gl_Position = placed(p);\n' +
    '  float r = radius[int(species + 0.5)] * (rank < 0.0 ? 0.45 : 1.0);\n' +
    '  bool inside = all(greaterThanEqual(fractional, low)) && all(lessThanEqual(fractional, high));\n' +
    '  bool chosen = ranks == vec2(0.0, 1.0) || (rank >= ranks.x && rank <= ranks.y);\n' +
    '  if (!inside || !chosen) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);\n' +
    '  gl_PointSize = max(2.0 * r * pixels, 1.0);\n' +
    '  tint = colour; depth = -p.z / reach; thick = r / reach;\n' +
    '}\n',
    'in vec3 tint; in float depth, thick; out vec4 result;\n' +
    'void main() {\n' +
    '  vec2 q = 2.0 * gl_PointCoord - 1.0;\n' +
    '  float inside = 1.0 - dot(q, q);\n' +
    '  if (inside < 0.0) discard;\n' +
    '  vec3 normal = vec3(q.x, -q.y, sqrt(inside));\n' +
    '  gl_FragDepth = 0.5 + 0.5 * (depth - thick * normal.z);\n' +
    '  float light = dot(normal, vec3(-0.36, 0.48, 0.8));\n' +
    '  vec3 c = tint * (0.42 + 0.62 * max(light, 0.0)) + 0.18 * pow(max(light, 0.0), 24.0);\n' +
    '  float here = 1.0 - 0.45 * smoothstep(-0.5, 1.0, depth);\n' +  // what is far fades into the page
    '  result = vec4(clamp(c, 0.0, 1.0) * here, here);\n' +
    '}\n');
  var edges = program(common + 'in vec3 fractional;\nvoid main() { gl_Position = placed(seen(fractional)); }\n',
                      'out vec4 result;\nvoid main() { result = vec4(0.45, 0.47, 0.5, 1.0); }\n');

  function array(of, name, size, data) {
    var buffer = gl.createBuffer(), at = gl.getAttribLocation(of.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, gl.FLOAT, false, 0, 0);
    return buffer;
  }
  function refill(buffer, data) {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  }
  var colour = new Float32Array(3 * n), rank = new Float32Array(n);
  var ofAtoms = gl.createVertexArray();
  gl.bindVertexArray(ofAtoms);
  array(atoms, 'fractional', 3, place);
  array(atoms, 'species', 1, kind);
  var colours = array(atoms, 'colour', 3, colour), ranks = array(atoms, 'rank', 1, rank);
  var corners = [];
  for (var a = 0; a < 8; ++a)
    for (var b = 0; b < 3; ++b)
      if (!(a >> b & 1)) [a, a | 1 << b].forEach(function (c) { corners.push(c & 1, c >> 1 & 1, c >> 2 & 1); });
  var ofEdges = gl.createVertexArray();
  gl.bindVertexArray(ofEdges);
  array(edges, 'fractional', 3, new Float32Array(corners));

  // ---- colours ----------------------------------------------------------------------------------------------------
  function mixed(stops, x) {
    var at = Math.min(Math.max(x, 0), 1) * (stops.length - 1), k = Math.min(Math.floor(at), stops.length - 2);
    return [0, 1, 2].map(function (c) { return stops[k][c] + (at - k) * (stops[k + 1][c] - stops[k][c]); });
  }
  function css(c) { return 'rgb(' + c.map(function (v) { return Math.round(255 * v); }).join(',') + ')'; }
  function paint() {
    var field = info.fields[find('field').value], values = null, k;
    if (field.column === null) {
      for (k = 0; k < n; ++k) {
        colour.set(info.species[kind[k]].colour, 3 * k);
        rank[k] = 0.5;
      }
      find('scale').innerHTML = info.species.map(function (s) {
        return '<span><i style="background:' + css(s.colour) + '"></i>' + s.name + '</span>';
      }).join(' ');
    } else {
      values = column(field.column);
      var stops = info.maps[field.map], order = [];
      for (k = 0; k < n; ++k) {
        var known = isFinite(values[k]), x = (values[k] - field.low) / (field.high - field.low);
        colour.set(known ? mixed(stops, x) : [0.62, 0.62, 0.62], 3 * k);
        rank[k] = -1;
        if (known) order.push(k);
      }
      order.sort(function (x, y) { return values[x] - values[y]; });
      order.forEach(function (atom, place) { rank[atom] = (place + 0.5) / order.length; });
      find('scale').innerHTML = '<span>' + field.low.toPrecision(3) + '</span><i class="bar" style="background:' +
        'linear-gradient(to right,' + stops.map(css).join(',') + ')"></i><span>' + field.high.toPrecision(3) + ' ' +
        field.unit + '</span>' + (order.length < n ? '<span class="dim">(' + (n - order.length) +
        ' atoms without a value: small, grey)</span>' : '');
    }
    find('order').disabled = field.column === null;
    refill(colours, colour);
    refill(ranks, rank);
    ask();
  }

  // ---- what is shown ----------------------------------------------------------------------------------------------
  function bounds() {
    var axis = +find('axis').value, low = [-1, -1, -1], high = [2, 2, 2];
    if (axis >= 0) {
      var half = 0.5 * find('thickness').value / info.widths[axis], middle = +find('middle').value;
      low[axis] = middle - half;
      high[axis] = middle + half;
    }
    var share = find('share').value / 100, order = find('order').disabled ? 'all' : find('order').value;
    return {low: low, high: high,
            ranks: order === 'all' ? [0, 1] : order === 'low' ? [0, share] : [1 - share, 1]};
  }
  function isShown(k, by) {
    for (var c = 0; c < 3; ++c) if (place[3 * k + c] < by.low[c] || place[3 * k + c] > by.high[c]) return false;
    return by.ranks[0] === 0 && by.ranks[1] === 1 || rank[k] >= by.ranks[0] && rank[k] <= by.ranks[1];
  }
  function measure() {
    var density = Math.min(window.devicePixelRatio || 1, 2);
    var w = Math.max(1, Math.round(canvas.clientWidth * density)),
        h = Math.max(1, Math.round(canvas.clientHeight * density));
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    return 0.5 * Math.min(w, h) / reach * zoom * 1.25;  // pixels per A
  }
  var asked = false;
  function ask() {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  }
  function draw() {
    asked = false;
    var pixels = measure(), by = bounds();
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    [edges, atoms].forEach(function (p) {
      gl.useProgram(p.program);
      gl.uniformMatrix3fv(p.at.cell, false, cell);
      gl.uniformMatrix3fv(p.at.turn, false, turn);
      gl.uniform2f(p.at.scale, 2 * pixels / canvas.width, 2 * pixels / canvas.height);
      gl.uniform2f(p.at.shift, shift[0], shift[1]);
      gl.uniform1f(p.at.reach, reach);
      if (p === edges) {
        gl.bindVertexArray(ofEdges);
        gl.drawArrays(gl.LINES, 0, 24);
        return;
      }
      gl.uniform1fv(p.at.radius, radius);
      gl.uniform1f(p.at.pixels, pixels);
      gl.uniform3fv(p.at.low, by.low);
      gl.uniform3fv(p.at.high, by.high);
      gl.uniform2fv(p.at.ranks, by.ranks);
      gl.bindVertexArray(ofAtoms);
      gl.drawArrays(gl.POINTS, 0, n);
    });
    var shown = 0;
    for (var k = 0; k < n; ++k) shown += isShown(k, by);
    find('count').textContent = shown + ' of ' + n + ' atoms';
    // For who looks on from outside: atoms drawn, whether WebGL found fault, and the time to the first view.
    box.dataset.shown = shown;
    box.dataset.glError = gl.getError();
    if (!box.dataset.milliseconds) box.dataset.milliseconds = Math.round(performance.now() - start);
  }

  // ---- moving it --------------------------------------------------------------------------------------------------
  function product(x, y) {  // x y of 3 x 3 matrices, columns one after the other
    var z = [];
    for (var c = 0; c < 3; ++c)
      for (var r = 0; r < 3; ++r) z.push(x[r] * y[3 * c] + x[3 + r] * y[3 * c + 1] + x[6 + r] * y[3 * c + 2]);
    return z;
  }
  function rotate(right, down) {
    var c = Math.cos(right), s = Math.sin(right), d = Math.cos(down), t = Math.sin(down);
    turn = product(product([1, 0, 0, 0, d, t, 0, -t, d], [c, 0, -s, 0, 1, 0, s, 0, c]), turn);
    // Rounding must not shear it: columns again at right angles and of length one.
    var x = turn.slice(0, 3), y = turn.slice(3, 6), i;
    var unit = function (v) { var l = Math.hypot(v[0], v[1], v[2]); return v.map(function (e) { return e / l; }); };
    x = unit(x);
    var dot = x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
    for (i = 0; i < 3; ++i) y[i] -= dot * x[i];
    y = unit(y);
    turn = x.concat(y, [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]);
    ask();
  }
  function magnify(factor) {
    zoom = Math.min(Math.max(zoom * factor, 0.3), 20);
    ask();
  }
  function reset() {
    turn = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    zoom = 1;
    shift = [0, 0];
    rotate(-0.5, 0.35);
  }
  var fingers = {}, moved = 0;
  function spread() {
    var p = Object.keys(fingers).map(function (k) { return fingers[k]; });
    return p.length === 2 ? Math.hypot(p[0].x - p[1].x, p[0].y - p[1].y) : 0;
  }
  canvas.addEventListener('pointerdown', function (e) {
    canvas.focus({preventScroll: true});
    canvas.setPointerCapture(e.pointerId);
    fingers[e.pointerId] = {x: e.clientX, y: e.clientY};
    moved = 0;
  });
  canvas.addEventListener('pointermove', function (e) {
    var from = fingers[e.pointerId];
    if (!from) return;
    var dx = e.clientX - from.x, dy = e.clientY - from.y, before = spread();
    moved += Math.abs(dx) + Math.abs(dy);
    fingers[e.pointerId] = {x: e.clientX, y: e.clientY};
    if (before > 0) return magnify(spread() / before);
    if (e.shiftKey || e.buttons & 2) {
      var per = canvas.width / canvas.clientWidth / measure();  // A per pixel of the page
      shift = [shift[0] + dx * per, shift[1] - dy * per];
      return ask();
    }
    rotate(0.008 * dx, 0.008 * dy);
  });
  ['pointerup', 'pointercancel'].forEach(function (name) {
    canvas.addEventListener(name, function (e) {
      delete fingers[e.pointerId];
      if (name === 'pointerup' && moved < 4) pick(e);
    });
  });
  canvas.addEventListener('contextmenu', function (e) { e.preventDefault(); });
  canvas.addEventListener('wheel', function (e) {
    if (document.activeElement !== canvas) return;  // else the page could not be scrolled past it
    e.preventDefault();
    magnify(Math.exp(-0.0015 * e.deltaY));
  }, {passive: false});
  canvas.addEventListener('keydown', function (e) {
    var step = {ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1]}[e.key];
    if (step) rotate(step[0], step[1]);
    else if (e.key === '+' || e.key === '=') magnify(1.2);
    else if (e.key === '-') magnify(1 / 1.2);
    else return;
    e.preventDefault();
  });

  // The foremost atom under the pointer, and its numbers.
  function pick(e) {
    var r = canvas.getBoundingClientRect(), pixels = measure() * r.width / canvas.width, by = bounds();
    var x = (e.clientX - r.left - 0.5 * r.width) / pixels - shift[0];
    var y = (0.5 * r.height - e.clientY + r.top) / pixels - shift[1];
    var m = product(turn, cell), best = -1, nearest = -Infinity;
    for (var k = 0; k < n; ++k) {
      if (!isShown(k, by)) continue;
      var f = [place[3 * k] - 0.5, place[3 * k + 1] - 0.5, place[3 * k + 2] - 0.5];
      var dx = m[0] * f[0] + m[3] * f[1] + m[6] * f[2] - x, dy = m[1] * f[0] + m[4] * f[1] + m[7] * f[2] - y;
      var size = radius[kind[k]] * (rank[k] < 0 ? 0.45 : 1), left = size * size - dx * dx - dy * dy;
      if (left < 0) continue;
      var z = m[2] * f[0] + m[5] * f[1] + m[8] * f[2] + Math.sqrt(left);
      if (z > nearest) { nearest = z; best = k; }
    }
    find('atom').textContent = best < 0 ? '' : info.species[kind[best]].name + ' ' + id[best] + ': ' +
      info.fields.filter(function (f) { return f.column !== null && isFinite(column(f.column)[best]); })
        .map(function (f) { return f.label + ' ' + column(f.column)[best].toFixed(3) + ' ' + f.unit; }).join(', ');
  }

  find('field').addEventListener('change', paint);
  ['axis', 'middle', 'thickness', 'order', 'share'].forEach(function (name) {
    find(name).addEventListener('input', ask);
  });
  info.species.forEach(function (s, k) {
    find('radius-' + k).addEventListener('input', function (e) { radius[k] = +e.target.value; ask(); });
  });
  find('closer').addEventListener('click', function () { magnify(1.25); });
  find('farther').addEventListener('click', function () { magnify(0.8); });
  find('reset').addEventListener('click', reset);
  canvas.addEventListener('webglcontextlost', giveUp);
  if (window.ResizeObserver) new ResizeObserver(ask).observe(canvas);
  else window.addEventListener('resize', ask);
  paint();
  reset();
})();
