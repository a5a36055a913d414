#include "report/page_style.h"

#include "report/svg.h"
#include "report/text.h"

static const char style[] =
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}\n"
    "body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 5rem;background:var(--c-paper);"
    "color:var(--c-text);font:1rem/1.6 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif;"
    "overflow-wrap:break-word}\n"
    "h1,h2,h3{color:var(--c-ink);line-height:1.25}\n"
    "h1{font-size:1.9rem;margin:0 0 .75rem}\n"
    "h2{font-size:1.4rem;margin:3.5rem 0 .5rem;padding-top:.75rem;border-top:2px solid "
    "var(--c-grid)}\n"
    "h3{font-size:1.05rem;margin:2rem 0 .25rem}\n"
    "p,ul,dl{max-width:46rem;margin:.5rem 0}\n"
    "a{color:var(--c-link)}\n"
    "code{font-size:.9em}\n"
    ".question{font-size:1.1rem;color:var(--c-soft)}\n"
    ".headline{font-size:1.25rem;line-height:1.5;color:var(--c-ink);border-left:4px solid "
    "var(--c-vermillion);padding-left:1rem;margin:1.25rem 0}\n"
    ".note,figcaption{color:var(--c-soft);font-size:.875rem;line-height:1.5;margin:.2rem 0 .6rem;"
    "max-width:46rem}\n"
    ".facts{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;font-size:.95rem}\n"
    ".facts dt{color:var(--c-soft)}\n"
    ".facts dd{margin:0}\n"
    "nav ol{columns:2 18rem;max-width:46rem;padding-left:1.4rem;margin:.25rem 0}\n"
    ".top{display:grid;gap:0 2.5rem;grid-template-columns:minmax(0,1fr);align-items:start}\n"
    "@media(min-width:64rem){.top{grid-template:auto 1fr/minmax(0,1fr) minmax(0,35rem)}"
    ".chief{grid-area:1/2/3/3}}\n"
    ".chief .figures{display:block}\n"
    ".figures{display:grid;gap:1rem 2.5rem;align-items:start;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,29rem),1fr))}\n"
    "figure{margin:1.25rem 0;max-width:38rem;min-width:0}\n"
    "figure svg{display:block;width:100%;height:auto}\n"
    "figure svg *{font-family:inherit}\n"
    ".scroll{overflow-x:auto;max-width:100%;margin:.25rem 0 1rem}\n"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.4}\n"
    "th,td{padding:.3rem .75rem;border-bottom:1px solid var(--c-grid);text-align:left;"
    "vertical-align:top}\n"
    "th:first-child,td:first-child{padding-left:.25rem}\n"
    "thead th{vertical-align:bottom;color:var(--c-ink);border-bottom:2px solid var(--c-axis);"
    "max-width:11rem}\n"
    "tbody th{font-weight:normal;color:var(--c-ink)}\n"
    "tbody th:not(.text){white-space:nowrap}\n"
    "tbody tr:hover{background:var(--c-hover)}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "thead th.n{white-space:normal}\n"
    ".n small{display:block;color:var(--c-soft);font-size:.8em}\n"
    ".text{min-width:14rem}\n"
    "thead "
    "button{appearance:none;background:none;border:0;margin:0;padding:0;color:inherit;font:inherit;"
    "text-align:inherit;cursor:pointer}\n"
    "thead button:focus-visible{outline:2px solid var(--c-link);outline-offset:2px}\n"
    "thead button::after{content:\"\\2195\";opacity:.35;font-size:.8em;padding-left:.25em}\n"
    "[aria-sort=ascending] button::after{content:\"\\2191\";opacity:1}\n"
    "[aria-sort=descending] button::after{content:\"\\2193\";opacity:1}\n"
    "details{margin:.5rem 0;max-width:100%}\n"
    "summary{cursor:pointer;color:var(--c-ink);padding:.2rem 0}\n"
    "summary small{color:var(--c-soft)}\n"
    "details>figure,details>.scroll,details>.note{margin-left:1.1rem}\n"
    "@media(max-width:40rem){body{padding:1.25rem 1rem 3rem}h1{font-size:1.5rem}"
    ".headline{font-size:1.1rem}.facts{grid-template-columns:1fr}.facts dd{margin-bottom:.4rem}"
    "details>figure,details>.scroll,details>.note{margin-left:0}th,td{padding:.3rem .5rem}"
    ".text{min-width:11rem}tbody th:not(.text){white-space:normal}}\n"
    "@media print{body{max-width:none;padding:0;font-size:10pt}"
    "nav,thead button::after{display:none}.scroll{overflow:visible}table{font-size:7pt}"
    "th,td{padding:.1rem .3rem}.n{white-space:normal}.text{min-width:0}"
    "h2{margin-top:1.5rem}h2,h3,summary{break-after:avoid}figure,tr{break-inside:avoid}"
    "figure{max-width:13cm}.figures{grid-template-columns:1fr 1fr}.top{display:block}"
    "a{color:inherit;text-decoration:none}}\n";

/* A click, or Enter or Space, on a head sorts by its column: first upwards, then downwards. Numbers go by
 * what a cell begins with. */
static const char script[] =
    "document.querySelectorAll('table').forEach(function(table){\n"
    "var body=table.tBodies[0],heads=table.tHead?table.tHead.rows[0].cells:[];\n"
    "if(!body||body.rows.length<2)return;\n"
    "function key(row,c){var t=row.cells[c].textContent.trim(),"
    "n=parseFloat(t.replace(/\\u2212/g,'-').replace(/,/g,''));"
    "return isNaN(n)||heads[c].className!=='n'?t:n}\n"
    "Array.from(heads).forEach(function(head,c){\n"
    "var button=document.createElement('button');button.type='button';\n"
    "while(head.firstChild)button.appendChild(head.firstChild);head.appendChild(button);\n"
    "head.setAttribute('aria-sort','none');\n"
    "button.addEventListener('click',function(){\n"
    "var up=head.getAttribute('aria-sort')!=='ascending';\n"
    "Array.from(heads).forEach(function(h){h.setAttribute('aria-sort','none')});\n"
    "head.setAttribute('aria-sort',up?'ascending':'descending');\n"
    "var rows=Array.from(body.rows);\n"
    "rows.sort(function(a,b){var x=key(a,c),y=key(b,c),s;\n"
    "if(typeof x!==typeof y)return typeof x==='number'?-1:1;\n"
    "s=typeof x==='number'?x-y:x.localeCompare(y,undefined,{numeric:true});return up?s:-s});\n"
    "rows.forEach(function(row){body.appendChild(row)})})})});\n";

/* The page's own colours beside the palette's. */
static const char light[] = "--c-link:#0b5fa5;--c-hover:#f4f5f6;";
static const char dark[] = "--c-link:#7ab8f0;--c-hover:#1f2327;";

status_t page_begin(str_t *html, const char *title)
{
    status_t status = str_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                                    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                                    "content=\"width=device-width, initial-scale=1\">\n"
                                    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    if (!status) status = html_text(html, title);
    if (!status)
        status = str_printf(html, "</title>\n<style>\n:root{color-scheme:light dark;%s", light);
    if (!status) status = svg_variables(false, html);
    /* Paper is light whatever the screen is. */
    if (!status)
        status =
            str_printf(html, "}\n@media screen and (prefers-color-scheme:dark){:root{%s", dark);
    if (!status) status = svg_variables(true, html);
    return status ? status : str_printf(html, "}}\n%s</style>\n</head>\n<body>\n", style);
}

status_t page_end(str_t *html)
{
    return str_printf(html, "<script>\n%s</script>\n</body>\n</html>\n", script);
}
