// The style and the script inside of a flame graph. The picture is complete without the script,
// which makes a click widen a box and finds boxes by name.
#ifndef MUSTER_INSPECTOR_REPORT_FLAME_PAGE_H_
#define MUSTER_INSPECTOR_REPORT_FLAME_PAGE_H_

namespace muster::inspector::report {

inline constexpr char kFlameStyle[] =
    "text{font:11px monospace;fill:#111}"
    ".head{font-size:14px}"
    ".back{fill:#fff}"
    ".b text{pointer-events:none}"
    ".b{cursor:pointer}"
    ".b:hover rect{stroke:#111}"
    ".hit rect{fill:#b47cff}"
    ".above rect{opacity:.5}"
    ".link{cursor:pointer;text-decoration:underline}";

inline constexpr char kFlameScript[] = R"(
(function () {
  var svg = document.currentScript.ownerSVGElement || document.querySelector("svg");
  var boxes = Array.prototype.slice.call(svg.querySelectorAll(".b"));
  var width = svg.viewBox.baseVal.width, character = 6.6;
  function number(box, key) { return parseFloat(box.getAttribute("data-" + key)); }
  function draw(box, x, w, above) {
    var rect = box.querySelector("rect"), text = box.querySelector("text");
    box.style.display = w < 0.2 ? "none" : "";
    box.classList.toggle("above", above);
    rect.setAttribute("x", x);
    rect.setAttribute("width", w);
    text.setAttribute("x", x + 3);
    var name = box.getAttribute("data-n"), fits = Math.floor((w - 6) / character);
    text.textContent = name.length <= fits ? name : fits < 3 ? "" : name.slice(0, fits - 2) + "..";
  }
  function zoom(to) {
    var x0 = number(to, "x"), w0 = number(to, "w"), d0 = number(to, "d"), half = 0.005;
    boxes.forEach(function (box) {
      var x = number(box, "x"), w = number(box, "w"), d = number(box, "d");
      if (d < d0) {
        var holds = x <= x0 + half && x + w >= x0 + w0 - half;
        draw(box, 0, holds ? width : 0, true);
      } else {
        var inside = x >= x0 - half && x + w <= x0 + w0 + half;
        draw(box, (x - x0) * width / w0, inside ? w * width / w0 : 0, false);
      }
    });
  }
  function find() {
    var text = window.prompt("Find boxes whose name contains");
    var all = 0, hits = 0;
    boxes.forEach(function (box) {
      var hit = !!text && box.getAttribute("data-n").indexOf(text) >= 0;
      box.classList.toggle("hit", hit);
      if (hit) { ++hits; }
      ++all;
    });
    svg.querySelector("#found").textContent = text ? hits + " of " + all + " boxes" : "";
  }
  boxes.forEach(function (box) { box.addEventListener("click", function () { zoom(box); }); });
  svg.querySelector("#all").addEventListener("click", function () { zoom(boxes[0]); });
  svg.querySelector("#find").addEventListener("click", find);
  window.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { zoom(boxes[0]); }
    if (event.key === "/") { event.preventDefault(); find(); }
  });
})();
)";

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_FLAME_PAGE_H_
