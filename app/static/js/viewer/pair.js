// Input and result laid over each other in one pane, or side by side in two that move together.
//
// Places are in px of the input, which the first layer's left edge and top begin; the zoom is CSS px
// for each of them. OpenSeadragon's own unit is the width of the input.

const { OpenSeadragon } = window;

export const OPTIONS = {
  // A drawing context for each pane; WebGL takes seconds where no graphics card helps it.
  drawer: "canvas",
  showNavigationControl: false,
  silenceMultiImageWarnings: true,
  animationTime: 0.3,
  springStiffness: 9,
  visibilityRatio: 0.2,
  minZoomImageRatio: 0.5,
  maxZoomPixelRatio: 16,
  zoomPerScroll: 1.3,
  // The level that is looked at comes first, not all the coarser ones, and a windowful of it is asked
  // for at once: a few for each frame make a full window wait for many frames.
  immediateRender: true,
  imageLoaderLimit: 30,
  maxTilesPerFrame: 30,
  // Above it all would be drawn twice, and in OpenSeadragon 6.1 for nothing: see drawPixels.
  smoothTileEdgesMinZoom: Infinity,
  preserveImageSizeOnResize: true,
  gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  gestureSettingsTouch: { pinchRotate: false },
};
// Smaller levels are one tile each, and seen only for a moment.
const SMALLEST_LEVEL = 8;
const SQUARES = 2; // px of the screen for one of the picture, from which on that is a square
const EDGE = 0.05; // of what is seen

export class Pair {
  /** Takes the elements of the two panes and the server's description of what there is to see. */
  constructor(pane, second, view) {
    this.view = view;
    this.panes = [pane, second];
    this.viewers = [];
    this.lead = 0; // the pane that moves, and is followed by the other
    this.layers = new Map(); // "input" or "result" -> the image in the first pane
    this.twins = new Map(); // the same in the second
    this.moved = () => {};
    this.openViewer(0);
  }

  /** Resolves when the layers' descriptions are known and the pane has room to show them in; their
   *  tiles come when they are needed. */
  async open() {
    const { layers } = this.view;
    const [added] = await Promise.all([Promise.all(layers.map((layer) => this.add(0, layer))), this.addTwin()]);
    layers.forEach(({ which }, number) => this.layers.set(which, added[number]));
    await hasRoom(this.viewer.container);
    this.fit(true);
  }

  /** Show another view in place of this one; not before the one before has been opened. */
  async show(view) {
    for (const { world } of this.viewers) world.removeAll();
    Object.assign(this, { view, laid: [], layers: new Map(), twins: new Map() });
    await this.open();
  }

  /** That of the first pane, which leads whenever a key or a button moves the picture. */
  get viewer() {
    return this.viewers[0];
  }

  get viewport() {
    this.lead = 0;
    return this.viewer.viewport;
  }

  get isTwo() {
    return this.panes[0].parentElement.classList.contains("two");
  }

  /** Show a layer with this opacity, 0 to 1, in the first pane. */
  setOpacity(which, opacity) {
    this.layers.get(which)?.setOpacity(opacity);
  }

  /** Show one pane with both layers, or two of which the second has the result alone. */
  async setTwo(two) {
    if (two === this.isTwo) return;
    this.lead = 0; // where the other one was last, nobody knows any more
    // OpenSeadragon notices the panes' new size by itself, and keeps the middle and the zoom.
    this.panes[0].parentElement.classList.toggle("two", two);
    this.panes[1].hidden = !two;
    if (two && this.viewers.length === 1) await this.openSecond();
  }

  /** Lay a picture over the others, in both panes: {image, x, y, width}; returns how to fade it. */
  async addOverlay(overlay, opacity) {
    const added = await Promise.all(this.viewers.map((viewer) => this.lay(viewer, overlay, opacity)));
    const laid = { overlay, added, opacity };
    (this.laid ??= []).push(laid);
    return (value) => {
      laid.opacity = value;
      for (const item of laid.added) item.setOpacity(value);
    };
  }

  /** Where the middle is, and the zoom. */
  place() {
    const { viewport } = this.viewer;
    const middle = viewport.getCenter(false);
    const { width } = this.view;
    return { x: middle.x * width, y: middle.y * width, zoom: this.zoomOf(viewport.getZoom(false)) };
  }

  /** CSS px for each px of the input at this moment, in the middle of a movement too. */
  get zoomNow() {
    return this.zoomOf(this.viewer.viewport.getZoom(true));
  }

  go(place, immediately = false) {
    this.look(place, immediately);
    this.viewport.applyConstraints(immediately);
  }

  fit(immediately = false) {
    const { width, height } = this.view;
    const { clientWidth, clientHeight } = this.viewer.container; // OpenSeadragon knows a new size later
    this.look({ x: width / 2, y: height / 2, zoom: Math.min(clientWidth / width, clientHeight / height) }, immediately);
  }

  look({ x, y, zoom }, immediately) {
    const { viewport } = this;
    const { width } = this.view;
    viewport.zoomTo((zoom * width) / viewport.getContainerSize().x, null, immediately);
    viewport.panTo(new OpenSeadragon.Point(x / width, y / width), immediately);
  }

  zoomBy(factor) {
    this.viewport.zoomBy(factor);
    this.viewport.applyConstraints();
  }

  /** Move by parts of what is seen. */
  panBy(right, down) {
    const { viewport } = this;
    const seen = viewport.getBounds();
    viewport.panBy(new OpenSeadragon.Point(right * seen.width, down * seen.height));
    viewport.applyConstraints();
  }

  /** Move so far that a place, in OpenSeadragon's units, is seen and not at the very edge. */
  reveal(y, x) {
    const { viewport } = this;
    const seen = viewport.getBounds();
    const way = (value, from, length) => Math.min(0, value - from - EDGE * length) + Math.max(0, value - from - (1 - EDGE) * length);
    viewport.panBy(new OpenSeadragon.Point(way(x, seen.x, seen.width), way(y, seen.y, seen.height)));
    viewport.applyConstraints();
  }

  zoomOf(openSeadragons) {
    return (openSeadragons * this.viewer.viewport.getContainerSize().x) / this.view.width;
  }

  openViewer(number) {
    const viewer = new OpenSeadragon.Viewer({ ...OPTIONS, element: this.panes[number] });
    const { viewport } = viewer;
    viewport.containerSize = viewport.containerSize.clone(); // else the first new size changes the zoom (6.1.1)
    this.viewers[number] = viewer;
    viewer.addHandler("canvas-key", leaveKeysToUs);
    viewer.addHandler("viewport-change", () => this.follow());
    viewer.addHandler("tile-drawing", drawPixels);
    for (const act of ["canvas-press", "canvas-scroll"]) {
      viewer.addHandler(act, () => {
        this.lead = number;
      });
    }
    return viewer;
  }

  async openSecond() {
    const viewer = this.openViewer(1);
    await this.addTwin();
    for (const one of this.laid ?? []) one.added.push(await this.lay(viewer, one.overlay, one.opacity));
    this.follow();
  }

  // The second pane, once there is one, has the result alone.
  async addTwin() {
    const layer = this.view.layers.find((one) => one.which === "result");
    if (layer && this.viewers[1]) this.twins.set("result", await this.add(1, layer));
  }

  // The pane that leads takes the other one along, which may have changed by itself: a pane's new size
  // changes its zoom, and the two learn of theirs one after the other.
  follow() {
    const other = this.viewers[1 - this.lead];
    if (this.isTwo && other) {
      const { viewport } = this.viewers[this.lead];
      other.viewport.zoomTo(viewport.getZoom(true), null, true);
      other.viewport.panTo(viewport.getCenter(true), true);
    }
    this.moved();
  }

  add(number, layer) {
    const source = new OpenSeadragon.DziTileSource({
      width: layer.width,
      height: layer.height,
      tileSize: layer.tile_px,
      tileOverlap: 0,
      tilesUrl: layer.tiles,
      fileFormat: "jpg",
      minLevel: Math.min(SMALLEST_LEVEL, Math.ceil(Math.log2(Math.max(layer.width, layer.height)))),
    });
    const width = (layer.width * layer.scale) / this.view.width;
    return added(this.viewers[number], "addTiledImage", { tileSource: source, x: 0, y: 0, width });
  }

  // A map's last cells may reach over the image's edges; what lies beyond is not shown.
  async lay(viewer, overlay, opacity) {
    const [x, y, width] = ["x", "y", "width"].map((name) => overlay[name] / this.view.width);
    const laid = await added(viewer, "addSimpleImage", { url: overlay.image, x, y, width, opacity: 0 });
    const cell = overlay.width / laid.getContentSize().x;
    const [right, bottom] = [(this.view.width - overlay.x) / cell, (this.view.height - overlay.y) / cell];
    laid.setClip(new OpenSeadragon.Rect(0, 0, right, bottom));
    laid.setOpacity(opacity);
    return laid;
  }
}

function added(viewer, way, options) {
  return new Promise((resolve, reject) => {
    viewer[way]({ ...options, success: ({ item }) => resolve(item), error: reject });
  });
}

// A pane may be hidden before its pictures come, and no zoom fits them into nothing.
function hasRoom(pane) {
  return new Promise((resolve) => {
    const sizes = new ResizeObserver(look);
    function look() {
      if (!pane.clientWidth || !pane.clientHeight) return;
      sizes.disconnect();
      resolve();
    }
    sizes.observe(pane);
    look();
  });
}

// Each tile is enlarged by itself: smoothed, their edges would show as fine lines close up.
function drawPixels({ context, tiledImage }) {
  const zoom = tiledImage.viewportToImageZoom(tiledImage.viewport.getZoom(true));
  const isPicture = tiledImage.source instanceof OpenSeadragon.DziTileSource;
  if (isPicture && zoom * window.devicePixelRatio >= SQUARES) context.imageSmoothingEnabled = false;
}

function leaveKeysToUs(event) {
  event.preventDefaultAction = true;
}
