import ExcelJS from 'exceljs'
import { gunzipSync, gzipSync, strFromU8, strToU8 } from 'fflate'
import JSZip from 'jszip'
import { PDFDocument, StandardFonts } from 'pdf-lib'

async function writePdf() {
  const document = await PDFDocument.create()
  const font = await document.embedFont(StandardFonts.Helvetica)
  document.addPage().drawText('Hi', { font })
  return (await PDFDocument.load(await document.save())).getPageCount()
}

async function writeSheet() {
  const book = new ExcelJS.Workbook()
  book.addWorksheet('a').addRow([1, 'x', new Date(0)])
  const read = new ExcelJS.Workbook()
  await read.xlsx.load(await book.xlsx.writeBuffer())
  return read.getWorksheet('a').getRow(1).values
}

async function writeZip() {
  const zip = new JSZip().file('a.txt', 'packed').file('b/c', new Uint8Array(3))
  const read = await JSZip.loadAsync(await zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE' }))
  return [await read.file('a.txt').async('string'), Object.keys(read.files)]
}

export default {
  fetch: async () =>
    Response.json([
      await writePdf(),
      await writeSheet(),
      await writeZip(),
      strFromU8(gunzipSync(gzipSync(strToU8('packed')))),
    ]),
}
