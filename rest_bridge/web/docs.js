// Starts Swagger UI on the document of this server; nothing is asked of any other host.
SwaggerUIBundle({
  url: "/api/v1/schema/",
  domNode: document.getElementById("reference"),
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: false,
  validatorUrl: null,
  tagsSorter: "alpha",
});
