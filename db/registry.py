"""Who and where: estates, buildings, units, facilities, customers and what they hold (客户与房产档案)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Area, Base, Choice, Code, Line, Name, Phone, Prose, Yuan, byte_ordered
from db.fields import ui
from db.words import _


class EstateKind(Choice):
    """Homes or an office park: the two differ in papers and habits, by settings."""

    HOMES = "homes", _("住宅小区")
    PARK = "park", _("园区写字楼")


class UnitUse(Choice):
    """What a unit is used for (handbook lines 72, 276-298)."""

    RESIDENTIAL = "residential", _("住宅")
    OFFICE = "office", _("办公")
    SHOP = "shop", _("商铺")
    PARKING = "parking", _("车位")
    STORAGE = "storage", _("储藏室")
    CLUB = "club", _("会所")


class UnitState(Choice):
    """How a unit stands now."""

    OWNER_OCCUPIED = "owner_occupied", _("业主自住"), "green"
    LET = "let", _("出租"), "blue"
    VACANT = "vacant", _("空置"), "gray"
    UNSOLD = "unsold", _("未售"), "orange"
    FITTING_OUT = "fitting_out", _("装修中"), "violet"


class FacilityKind(Choice):
    """Public facilities the office looks after (handbook lines 72, 105, 185, 233)."""

    LIFT = "lift", _("电梯")
    FIRE = "fire", _("消防设施")
    POWER = "power", _("供配电")
    WATER = "water", _("给排水")
    SEWAGE = "sewage", _("污水井")
    HEATING = "heating", _("供暖空调")
    LIGHTING = "lighting", _("公共照明")
    ROADS = "roads", _("道路管线")
    GARDEN = "garden", _("绿化")
    PARKING = "parking", _("车位车棚")
    CLUB = "club", _("会所文体设施")
    ACCESS = "access", _("门禁道闸")
    CCTV = "cctv", _("监控")
    ROOF = "roof", _("屋面外墙")
    OTHER = "other", _("其他")


class CustomerKind(Choice):
    """A person or a company."""

    PERSON = "person", _("个人")
    COMPANY = "company", _("单位")


class Sex(Choice):
    """As the identity paper says."""

    MALE = "male", _("男")
    FEMALE = "female", _("女")


class Relation(Choice):
    """What somebody is to a unit; the generic word for all is 客户."""

    OWNER = "owner", _("业主")
    FAMILY = "family", _("家属")
    TENANT = "tenant", _("租户")
    OCCUPANT = "occupant", _("使用人")


class ContractKind(Choice):
    """Contracts the office works under (requirement R7)."""

    PROPERTY_SERVICE = "property_service", _("物业服务合同")
    LEASE = "lease", _("租赁合同")
    FIRM = "firm", _("专营服务合同")


class FirmKind(Choice):
    """What a specialist firm does (requirement R8)."""

    LIFT = "lift", _("电梯")
    FIRE = "fire", _("消防")
    CLEANING = "cleaning", _("保洁")
    GREENING = "greening", _("绿化")
    SECURITY = "security", _("保安")
    PEST_CONTROL = "pest_control", _("消杀")
    REPAIR = "repair", _("维修")
    DEVELOPER = "developer", _("开发商保修")
    OTHER = "other", _("其他")


class ParkingKind(Choice):
    """Where a parking space lies."""

    GROUND = "ground", _("地上停车位")
    GARAGE = "garage", _("地下停车位")


class ParkingTenure(Choice):
    """How a parking space is held."""

    FREE = "free", _("空闲")
    SOLD = "sold", _("出售")
    LET = "let", _("出租")


class Estate(Base):
    """An estate 项目 that the office manages."""

    __tablename__ = "estates"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Name] = mapped_column(unique=True, info=ui(_("项目名称"), in_list=True))
    kind: Mapped[EstateKind] = mapped_column(info=ui(_("类型"), in_list=True))
    mark: Mapped[str] = mapped_column(
        String(4), unique=True, default="", info=ui(_("编号标记"), help=_("写在单号里，区分各项目；第一个项目留空"))
    )
    address: Mapped[Line] = mapped_column(default="", info=ui(_("地址"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class ServicePoint(Base):
    """A service point 物业处 of an estate (handbook line 285)."""

    __tablename__ = "service_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    name: Mapped[Name] = mapped_column(info=ui(_("物业处"), in_list=True))
    address: Mapped[Line] = mapped_column(default="", info=ui(_("地址"), in_list=True))
    phone: Mapped[Phone | None] = mapped_column(info=ui(_("电话"), in_list=True))
    hours: Mapped[Line] = mapped_column(default="", info=ui(_("服务时间"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class Building(Base):
    """A building 楼栋."""

    __tablename__ = "buildings"
    __table_args__ = (UniqueConstraint("estate_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    code: Mapped[Code] = mapped_column(info=ui(_("楼号"), help=_("只写号，例如 3"), in_list=True))
    name: Mapped[Name] = mapped_column(info=ui(_("楼栋名称"), help=_("例如 3号楼"), in_list=True))
    floors: Mapped[int | None] = mapped_column(info=ui(_("总层数"), in_list=True))
    has_lift: Mapped[bool] = mapped_column(default=False, info=ui(_("有电梯"), in_list=True))
    position: Mapped[int] = mapped_column(default=0)
    """Order in lists: 2 before 10."""
    version: Mapped[int] = mapped_column(default=1)


class Unit(Base):
    """A unit 房屋: flat, suite, shop; written `building-entrance-room`, or `building-room` without entrances."""

    __tablename__ = "units"
    __table_args__ = (
        UniqueConstraint("building_id", "entrance", "room"),
        Index("ix_units_estate_id_short", "estate_id", "short"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    building_id: Mapped[int] = mapped_column(
        ForeignKey("buildings.id"), index=True, info=ui(_("楼栋"), in_list=True, in_filter=True)
    )
    entrance: Mapped[Code] = mapped_column(default="", info=ui(_("单元"), in_list=True))
    room: Mapped[Code] = mapped_column(info=ui(_("房号"), in_list=True))
    short: Mapped[Line] = mapped_column()
    """How it is said and found: `3-2-501`; made by the registry from building, entrance and room."""
    floor: Mapped[int | None] = mapped_column(info=ui(_("楼层"), in_list=True))
    area: Mapped[Area | None] = mapped_column(info=ui(_("建筑面积(m²)"), in_list=True))
    use: Mapped[UnitUse] = mapped_column(default=UnitUse.RESIDENTIAL, info=ui(_("用途"), in_list=True, in_filter=True))
    state: Mapped[UnitState] = mapped_column(
        default=UnitState.OWNER_OCCUPIED, info=ui(_("使用状态"), in_list=True, in_filter=True)
    )
    layout: Mapped[Code] = mapped_column(default="", info=ui(_("户型")))
    handed_over_on: Mapped[date | None] = mapped_column(Date, info=ui(_("交房日期")))
    external_ref: Mapped[Code | None] = mapped_column()
    """The number an imported workbook knows it by."""
    version: Mapped[int] = mapped_column(default=1)


class Facility(Base):
    """A public facility 公共设施 (requirement R1)."""

    __tablename__ = "facilities"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    building_id: Mapped[int | None] = mapped_column(
        ForeignKey("buildings.id"), index=True, info=ui(_("楼栋"), in_list=True, in_filter=True)
    )
    kind: Mapped[FacilityKind] = mapped_column(info=ui(_("类别"), in_list=True, in_filter=True))
    name: Mapped[Name] = mapped_column(info=ui(_("设施名称"), in_list=True))
    place: Mapped[Line] = mapped_column(default="", info=ui(_("位置"), in_list=True))
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"), info=ui(_("维保单位"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class Customer(Base):
    """A customer 客户, person or company (requirement R2)."""

    __tablename__ = "customers"
    __table_args__ = (Index("ix_customers_estate_id_external_ref", "estate_id", "external_ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    kind: Mapped[CustomerKind] = mapped_column(
        default=CustomerKind.PERSON, info=ui(_("类型"), in_list=True, in_filter=True)
    )
    name: Mapped[Name] = mapped_column(index=True, info=ui(_("姓名/单位名称"), in_list=True))
    sex: Mapped[Sex | None] = mapped_column(info=ui(_("性别")))
    id_number: Mapped[Code | None] = mapped_column(info=ui(_("证件号码"), personal=True))
    contact_name: Mapped[Name] = mapped_column(default="", info=ui(_("联系人"), help=_("单位客户的联系人")))
    occupants: Mapped[int | None] = mapped_column(info=ui(_("居住/办公人数")))
    reach: Mapped[Line] = mapped_column(default="", info=ui(_("联系偏好"), help=_("何时、如何联系")))
    needs: Mapped[Prose] = mapped_column(default="", info=ui(_("特别需要"), help=_("老人、轮椅、紧急联系人等")))
    no_greetings: Mapped[bool] = mapped_column(default=False, info=ui(_("不需要问候")))
    external_ref: Mapped[Code | None] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)


class CustomerPhone(Base):
    """One telephone number of a customer; the first is called first."""

    __tablename__ = "customer_phones"
    __table_args__ = (UniqueConstraint("customer_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[Phone] = mapped_column(index=True, info=ui(_("电话"), personal=True))
    tail: Mapped[str] = mapped_column(byte_ordered(24), index=True)
    """The digits backwards, so that the last four are found by an index."""
    position: Mapped[int] = mapped_column(default=0)


class Occupancy(Base):
    """Who holds which unit, as what, from when to when; ended, never deleted."""

    __tablename__ = "occupancies"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True, info=ui(_("房屋"), in_list=True))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True, info=ui(_("客户"), in_list=True))
    relation: Mapped[Relation] = mapped_column(default=Relation.OWNER, info=ui(_("关系"), in_list=True))
    co_owner: Mapped[bool] = mapped_column(default=False, info=ui(_("共有人"), help=_("与另一位业主共同拥有这套房屋")))
    starts_on: Mapped[date | None] = mapped_column(Date, info=ui(_("起"), in_list=True))
    ends_on: Mapped[date | None] = mapped_column(Date, info=ui(_("止"), in_list=True))
    """Last day; empty while it lasts."""
    version: Mapped[int] = mapped_column(default=1)


class ParkingSpace(Base):
    """A parking space 车位."""

    __tablename__ = "parking_spaces"
    __table_args__ = (UniqueConstraint("estate_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    code: Mapped[Code] = mapped_column(info=ui(_("车位编号"), in_list=True))
    kind: Mapped[ParkingKind] = mapped_column(default=ParkingKind.GARAGE, info=ui(_("车位类型"), in_list=True))
    tenure: Mapped[ParkingTenure] = mapped_column(default=ParkingTenure.FREE, info=ui(_("租售"), in_list=True))
    area: Mapped[Area | None] = mapped_column(info=ui(_("面积(m²)"), in_list=True))
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id"), index=True, info=ui(_("客户"), in_list=True)
    )
    ends_on: Mapped[date | None] = mapped_column(Date)
    """Last day on which its customer has it, once he is leaving; the clock frees it afterwards."""
    version: Mapped[int] = mapped_column(default=1)


class Vehicle(Base):
    """A vehicle 车辆 of a customer."""

    __tablename__ = "vehicles"
    __table_args__ = (UniqueConstraint("estate_id", "plate"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    plate: Mapped[Code] = mapped_column(info=ui(_("车牌号"), in_list=True))
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id"), index=True, info=ui(_("客户"), in_list=True)
    )
    brand: Mapped[Code] = mapped_column(default="", info=ui(_("品牌"), in_list=True))
    colour: Mapped[Code] = mapped_column(default="", info=ui(_("颜色"), in_list=True))
    kind: Mapped[Code] = mapped_column(default="", info=ui(_("车型"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class Firm(Base):
    """A specialist firm 专营公司 (requirement R8)."""

    __tablename__ = "firms"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    name: Mapped[Name] = mapped_column(info=ui(_("公司名称"), in_list=True))
    kind: Mapped[FirmKind] = mapped_column(info=ui(_("专业"), in_list=True, in_filter=True))
    licence: Mapped[Line] = mapped_column(default="", info=ui(_("资质证书号"), in_list=True))
    licence_ends_on: Mapped[date | None] = mapped_column(Date, info=ui(_("资质有效期至"), in_list=True))
    contact_name: Mapped[Name] = mapped_column(default="", info=ui(_("联系人"), in_list=True))
    phone: Mapped[Phone | None] = mapped_column(info=ui(_("电话"), in_list=True))
    emergency_phone: Mapped[Phone | None] = mapped_column(info=ui(_("应急电话"), in_list=True))
    evaluation: Mapped[Prose] = mapped_column(default="", info=ui(_("履约评价")))
    active: Mapped[bool] = mapped_column(default=True, info=ui(_("在用"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class Contract(Base):
    """A contract (requirement R7): who with, for what, until when, at what price."""

    __tablename__ = "contracts"
    __table_args__ = (UniqueConstraint("estate_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    number: Mapped[Code] = mapped_column(info=ui(_("合同编号"), in_list=True))
    kind: Mapped[ContractKind] = mapped_column(info=ui(_("合同类型"), in_list=True, in_filter=True))
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id"), index=True, info=ui(_("客户"), in_list=True)
    )
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True, info=ui(_("房屋"), in_list=True))
    firm_id: Mapped[int | None] = mapped_column(
        ForeignKey("firms.id"), index=True, info=ui(_("专营公司"), in_list=True)
    )
    starts_on: Mapped[date] = mapped_column(Date, info=ui(_("起始日"), in_list=True))
    ends_on: Mapped[date] = mapped_column(Date, index=True, info=ui(_("到期日"), in_list=True))
    price: Mapped[Yuan | None] = mapped_column(info=ui(_("价款(元)"), in_list=True))
    price_basis: Mapped[Line] = mapped_column(default="", info=ui(_("计价方式"), help=_("例如 2.80 元/m²·月")))
    promises: Mapped[Prose] = mapped_column(default="", info=ui(_("约定事项")))
    holds_goods: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        info=ui(_("未结清时放行须主任决定"), help=_("只在租赁合同有明文约定时勾选（物品放行）")),
    )
    version: Mapped[int] = mapped_column(default=1)


class StewardArea(Base):
    """A building as a steward's area of responsibility 责任区 (requirement R9), from when to when."""

    __tablename__ = "steward_areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    building_id: Mapped[int] = mapped_column(
        ForeignKey("buildings.id"), index=True, info=ui(_("楼栋"), in_list=True, in_filter=True)
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True, info=ui(_("物业管家"), in_list=True))
    starts_on: Mapped[date] = mapped_column(Date, info=ui(_("起"), in_list=True))
    ends_on: Mapped[date | None] = mapped_column(Date, info=ui(_("止"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)
