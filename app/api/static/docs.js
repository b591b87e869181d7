// Shows /api/openapi.json with Swagger UI; all of it is served from here.
import { csrf } from "/static/js/csrf.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
document.documentElement.classList.toggle("dark-mode", dark.matches);

window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // would send the document to another site
  requestInterceptor: (request) => Object.assign(request, { headers: { ...request.headers, ...csrf() } }),
});
