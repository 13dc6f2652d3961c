import ejs from 'ejs'
import Handlebars from 'handlebars'
import Mustache from 'mustache'
import nunjucks from 'nunjucks'

export default {
  fetch: () =>
    Response.json([
      ejs.render('<% for (const n of list) { %><%= n %>,<% } %>', { list: ['<a>', 'b'] }),
      Handlebars.compile('{{#each list}}{{this}},{{/each}}')({ list: ['<a>', 'b'] }),
      Mustache.render('{{#list}}{{.}},{{/list}}', { list: ['<a>', 'b'] }),
      new nunjucks.Environment(null, { autoescape: true }).renderString(
        '{% for n in list %}{{ n }},{% endfor %}',
        { list: ['<a>', 'b'] },
      ),
    ]),
}
