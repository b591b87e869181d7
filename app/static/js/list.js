import { followTiles } from "./tiles.js";

followTiles();
