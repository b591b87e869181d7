// Shows /api/openapi.json with Swagger UI; all of it is served from here.
window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  validatorUrl: null, // would send the document to another site
});
