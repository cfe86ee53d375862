"""The themes every merchant begins with, in five languages. Words are explained in `rules.themes`; merchants change and add their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.types import ThemeArea

P, D, S = ThemeArea.PRODUCT, ThemeArea.DELIVERY, ThemeArea.SERVICE
Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Shipped:
    """One theme: its key, what it is about, its name and its words by language."""

    key: str
    area: ThemeArea
    names: Mapping[str, str]
    words: Words


def _theme(key: str, area: ThemeArea, names: str, **words: str) -> Shipped:
    """Names in en, de, zh-hans, id, pt-br, set apart by `|`; the words of each the same way."""
    languages = ("en", "de", "zh-hans", "id", "pt-br")
    by_name = dict(zip(languages, (name.strip() for name in names.split("|")), strict=True))
    spoken = {language: words[language.partition("-")[0]] for language in languages}
    return Shipped(key, area, by_name, {name: tuple(word.strip() for word in some.split("|")) for name, some in spoken.items()})


SHIPPED = (
    _theme(
        "size",
        P,
        "Size and fit | Größe und Passform | 尺寸与版型 | Ukuran | Tamanho e caimento",
        en="size* | sizing | too small | too large | too big | too tight | too loose | too short | too long | runs small | runs large"
        " | doesn't fit | does not fit | didn't fit | fits",
        de="größe* | passform | passt | passen | zu klein | zu groß | zu eng | zu weit | zu kurz | zu lang | fällt klein aus"
        " | fällt groß aus",
        zh="尺寸 | 尺码 | 大小 | 偏大 | 偏小 | 太大 | 太小 | 太紧 | 太松 | 合身 | 码数",
        id="ukuran* | kekecilan | kebesaran | terlalu kecil | terlalu besar | kesempitan | longgar | muat",
        pt="tamanho* | ficou pequen* | ficou grande* | muito pequen* | muito grande* | apertad* | largo | larga | não serviu"
        " | não serve | nao coube | não cabe | medida* | menor do que | maior do que | menor que | curto | curta | numeração",
    ),
    _theme(
        "quality",
        P,
        "Quality | Qualität | 质量 | Kualitas | Qualidade",
        en="quality | poorly made | well made | cheap feel* | !faulty | !defect* | stopped working | does not work | doesn't work"
        " | !fell apart | stitching | material* | fabric | flimsy | !worn out | not as described | not as pictured",
        de="qualität* | verarbeit* | !defekt* | funktioniert nicht | geht nicht | material* | stoff | naht | nähte | billig*"
        " | wie beschrieben | wie abgebildet | !mangelhaft",
        zh="质量 | 品质 | 做工 | 材质 | 面料 | 有瑕疵 | 次品 | 坏了 | 不能用 | 掉毛 | 起球 | 与描述 | 描述不符",
        id="kualitas* | bahan* | jahitan* | !cacat | tidak berfungsi | tidak bisa dipakai | murahan | !rusak setelah | sesuai deskripsi"
        " | tidak sesuai gambar",
        pt="qualidade | !defeito* | !defeituos* | não funciona* | não funcionou | parou de funcionar | material | tecido | acabamento"
        " | péssimo produto | produto péssimo | produto ruim | produto muito ruim | produto fraco | produto inferior | bem inferior"
        " | frágil | fraquinh* | descartável | não gostei do produto | não liga | não carrega* | falsific* | pirata | réplica"
        " | não é original | produto não é bom | diferente da foto | diferente das fotos | mesmo das fotos | mesmo da foto"
        " | diferente do anúnci* | diferente da descri* | não condiz | propaganda enganosa | não corresponde | não presta | desbot*"
        " | enferruj* | mal acabad* | mal feit* | quebrou | descolando | descascando | usado | usada | vencid* | não serve para",
    ),
    _theme(
        "colour",
        P,
        "Colour | Farbe | 颜色 | Warna | Cor",
        en="colour* | color* | shade | faded | darker | lighter than",
        de="farbe* | farblich* | farbton | verblichen | dunkler | heller als",
        zh="颜色 | 色差 | 偏色 | 掉色 | 褪色",
        id="warna* | luntur | pudar",
        pt="cor | cores | coloração | tonalidade | mais escur* | mais clar*",
    ),
    _theme(
        "instructions",
        P,
        "Instructions | Anleitung | 说明书 | Petunjuk | Instruções",
        en="instruction* | manual | guide | hard to assemble | assembly",
        de="anleitung* | gebrauchsanweisung* | bedienungsanleitung* | handbuch | aufbau | montage",
        zh="说明书 | 使用说明 | 安装说明 | 组装",
        id="petunjuk* | panduan | buku manual | perakitan",
        pt="manual | instruções | instrução | montagem | montar | encaixe* | encaixa*",
    ),
    _theme(
        "packaging",
        D,
        "Packaging | Verpackung | 包装 | Kemasan | Embalagem",
        en="packag* | packing | wrapped | box was | bubble wrap",
        de="verpack* | karton* | umverpackung",
        zh="包装 | 盒子 | 外箱 | 纸箱",
        id="kemasan* | dikemas | bungkus* | kardus | pengemasan",
        pt="embalag* | embalad* | mal embrulhad* | caixa amassad* | caixa aberta | caixa rasgad* | lacre*",
    ),
    _theme(
        "late",
        D,
        "Late delivery | Späte Lieferung | 送货迟 | Terlambat | Atraso na entrega",
        en="!late | !delay* | took too long | took ages | slow delivery | slow shipping | weeks to arrive | still waiting",
        de="verspät* | !zu spät | !spät | verzöger* | lange gewartet | lange gedauert | lieferzeit* | warte immer noch | warte noch",
        zh="太慢 | 很慢 | 延迟 | 迟到 | 晚到 | 超时 | 物流慢 | 还没发货 | 等了很久 | 送货慢",
        id="!terlambat | !telat | lama sekali | pengiriman lama | lambat | belum dikirim | masih menunggu",
        pt="!atras* | fora do prazo | depois do prazo | após o prazo | passou do prazo | prazo | demor* | entrega lenta"
        " | ainda não chegou | aguardando o produto | aguardando meu produto | aguardando a entrega | aguardando chegar"
        " | aguardando a chegada | esperando o produto | esperando meu produto | esperando a entrega | esperando chegar"
        " | esperando até | transportadora* | correio* | rastre* | data prevista | data da entrega | previsão | até agora nada"
        " | até hoje nada | meses para receber | meses para chegar",
    ),
    _theme(
        "damaged",
        D,
        "Came damaged | Beschädigt angekommen | 到货破损 | Datang rusak | Chegou danificado",
        en="!damaged | !broken | !cracked | !dented | !smashed | arrived scratched",
        de="!beschädigt* | !kaputt* | !zerbroch* | !zerkratzt* | !eingedrückt* | !gerissen*",
        zh="破损 | 损坏 | 碎了 | 压坏 | 划痕 | 摔坏",
        id="!rusak | !pecah | !penyok | !retak | !sobek",
        pt="!danificad* | !quebrad* | !amassad* | !trincad* | !arranhad* | !rachad* | !avariad* | !violad* | !estragad* | !rasgad*"
        " | !riscad* | !lascad*",
    ),
    _theme(
        "missing",
        D,
        "Missing or not received | Fehlt oder kam nicht | 缺件或未收到 | Kurang atau tidak sampai | Faltou ou não chegou",
        en="!missing | not received | never received | haven't received | didn't receive | did not receive | never arrived"
        " | did not arrive | didn't arrive | hasn't arrived | not arrived | incomplete | lost in",
        de="!fehlt* | !fehlen | nicht erhalten | nie erhalten | nicht angekommen | nie angekommen | kam nicht an | unvollständig*"
        " | nicht bekommen | noch nichts | verloren gegangen",
        zh="少件 | 缺件 | 漏发 | 没收到 | 未收到 | 没有收到 | 丢件 | 少发 | 不完整",
        id="!kurang satu | tidak lengkap | belum sampai | tidak sampai | belum terima | belum diterima | tidak diterima | belum datang"
        " | hilang",
        pt="não recebi | não recebo | ainda não recebi | nunca recebi | não foi entregue* | não foram entregue* | não me entreg*"
        " | não entreg* | não chegou | não chegaram | não chega | nunca chegou | não veio | não vieram | não enviaram | não mandaram"
        " | !falt* | incomplet* | só recebi | recebi apenas | recebi só | recebi somente | recebido somente | recebo apenas"
        " | recebi tão somente | veio só | veio apenas | veio somente | só veio | só chegou | só me entregaram | só entregaram"
        " | só foi entregue | entregue somente | entregue apenas | chegou só | chegou apenas | chegou somente | apenas um | apenas uma"
        " | apenas 1 | somente um | somente uma | somente 1 | só 1 | extravi* | roubad* | metade | entregue em outro | entrega não foi"
        " | não recebemos | não receberam | parte do pedido | parte da compra",
    ),
    _theme(
        "wrong",
        D,
        "Something else came | Etwas anderes kam | 发错货 | Salah kirim | Veio outro produto",
        en="wrong item | wrong product | wrong colour | wrong color | wrong size | something else | not what i ordered"
        " | instead of the one",
        de="falsche* artikel | falsche* produkt | falsche* farbe | falsche* größe | falsch geliefert | etwas anderes | nicht das bestellte",
        zh="发错 | 错货 | 不是我买的 | 寄错",
        id="salah kirim | salah barang | barang salah | salah warna | salah ukuran | bukan yang saya pesan",
        pt="errad* | trocad* | veio outr* | outro produto | outra marca | outro modelo | outra cor | outro tipo | enviaram outr*"
        " | mandaram outr* | diferente do que comprei | diferente da compra* | diferente do comprado | diferente do que pedi"
        " | diferente do pedido | diferente do solicitado | totalmente diferente | não foi o que comprei | não é o que comprei"
        " | não foi o que pedi | não foi isso que | não pedi | veio diferente"
        " | produto diferente | modelo diferente | diferente do que foi",
    ),
    _theme(
        "service",
        S,
        "Service | Service | 客服 | Layanan | Atendimento",
        en="service | support | rude | no answer | no reply | never answered | refund* | helpful staff",
        de="service | kundendienst | kundenservice | unfreundlich* | freundlich* | keine antwort | antwortet nicht | erstattung*",
        zh="客服 | 服务 | 态度 | 不理 | 不回复 | 退款",
        id="layanan* | pelayanan* | respon* | tidak dibalas | ramah | pengembalian dana",
        pt="atendimento | suporte | sac | não respond* | sem resposta | ninguém respond* | descaso | reembols* | estorn* | ressarci*"
        " | dinheiro de volta | meu dinheiro | contato | devolu* | devolver | cancel* | nota fiscal | não recebi retorno"
        " | não recebi nenhum retorno | não recebi resposta | não recebi nenhuma resposta | não recebi nenhuma informa*"
        " | não recebi informa* | não recebi contato | não recebi o reembolso | não recebi reembolso | não recebi o estorno"
        " | não recebi o ressarcimento | não recebi meu dinheiro | não recebi o dinheiro"
        " | não recebi a devolução | não obtive | sem retorno",
    ),
)
BY_KEY = {theme.key: theme for theme in SHIPPED}
