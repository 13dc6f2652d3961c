import mongoose from 'mongoose'
const { Schema } = mongoose
export default {
  async fetch() {
    const schema = new Schema({
      name: { type: String, required: true, trim: true, minlength: 2 },
      age: { type: Number, min: 0 },
      tags: [String],
      at: { type: Date, default: () => new Date(0) },
    })
    schema.virtual('up').get(function () {
      return this.name.toUpperCase()
    })
    const M = mongoose.models.U ?? mongoose.model('U', schema)
    const d = new M({ name: ' Ada ', age: '7', tags: ['x'], _id: '65f000000000000000000001' })
    const bad = new M({ age: -1 }).validateSync()
    return Response.json([
      d.toObject(),
      d.up,
      Object.entries(bad.errors).map(([k, v]) => [k, v.message]),
      new mongoose.Types.ObjectId('65f000000000000000000001').getTimestamp(),
      mongoose.Types.ObjectId.isValid('zz'),
      d.isModified('name'),
    ])
  },
}
