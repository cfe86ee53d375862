"""Staff, API keys, and (for platform staff) the people behind them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from core.clock import now
from merchants.admin.base import Asking, Confirm, MerchantAdmin, Once, Text, action, stamp
from merchants.admin.site import site
from merchants.audit import Line, about, write_platform
from merchants.models import ApiKey, Membership, User
from merchants.selectors import platform_url
from merchants.services import create_api_key, revoke_api_key
from merchants.staff import LastOwner, actor_of, invite, is_last_owner, remove_staff, set_role
from merchants.types import Area, Deed, Role, Scope


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=UnfoldAdminEmailInputWidget)
    name = forms.CharField(label=_("Name"), max_length=80, required=False, widget=UnfoldAdminTextInputWidget)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER, widget=UnfoldAdminSelectWidget)


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ["role"]

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != Role.OWNER and is_last_owner(Membership.objects.get(pk=self.instance.pk)):
            raise forms.ValidationError(_("The last owner cannot become anything else. Make somebody else an owner first."))
        return role


@admin.register(Membership, site=site)
class MembershipAdmin(MerchantAdmin):
    area = Area.STAFF
    icon, order, menu = "group", 10, _("Staff")
    adds = changes = deletes = True
    actions = None
    form = RoleForm
    fields = ["person", "role", "since"]
    readonly_fields = ["person", "since"]
    list_display = ["person", "person_name", "role", "since"]
    list_select_related = ["user"]
    ordering = ["pk"]

    @admin.display(description=_("E-mail"))
    def person(self, row: Membership) -> str:
        return row.user.email

    @admin.display(description=_("Name"))
    def person_name(self, row: Membership) -> str:
        return row.user.name

    @admin.display(description=_("Since"))
    def since(self, row: Membership) -> str:
        return stamp(row.created_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request) and (obj is None or not is_last_owner(obj))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        text = _("They sign in with this e-mail address. Somebody new gets a password link from platform staff.")
        confirm = Confirm(title=_("Add a member of staff"), button=_("Add"), text=text, form=InviteForm)

        def act(row: None, data: dict[str, Any]) -> Text:
            membership = invite(email=data["email"], name=data["name"], role=Role(data["role"]), at=now())
            self.log_addition(request, membership, "Added")
            return _("%(email)s works here now.") % {"email": membership.user.email}

        return self.ask(request, None, confirm, act)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        try:
            set_role(membership_id=obj.pk, role=Role(obj.role))
        except LastOwner as error:
            raise PermissionDenied(str(error)) from None

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        try:
            remove_staff(membership_id=obj.pk)
        except LastOwner as error:
            raise PermissionDenied(str(error)) from None


class KeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("what uses it"), widget=UnfoldAdminTextInputWidget)
    scopes = forms.MultipleChoiceField(label=_("May"), choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    expires_at = forms.DateTimeField(
        label=_("Ends on"),
        required=False,
        help_text=_("empty: never"),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(MerchantAdmin):
    area = Area.STAFF
    icon, order, menu = "key", 20, _("API keys")
    adds = True
    actions = None
    fields = ["name", "prefix", "scopes", "created", "expires", "last_used", "revoked"]
    readonly_fields = ["created", "expires", "last_used", "revoked"]
    list_display = ["name", "prefix", "scopes", "created", "last_used", "revoked"]
    ordering = ["-pk"]
    actions_detail = ["revoke"]

    @admin.display(description=_("Made"))
    def created(self, row: ApiKey) -> str:
        return stamp(row.created_at)

    @admin.display(description=_("Ends"))
    def expires(self, row: ApiKey) -> str:
        return stamp(row.expires_at, _("never"))

    @admin.display(description=_("Last used"))
    def last_used(self, row: ApiKey) -> str:
        return stamp(row.last_used_at, _("not yet"))

    @admin.display(description=_("Revoked"))
    def revoked(self, row: ApiKey) -> str:
        return stamp(row.revoked_at, _("no"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        confirm = Confirm(title=_("Make an API key"), button=_("Make the key"), form=KeyForm)

        def act(row: None, data: dict[str, Any]) -> Once:
            key, token = create_api_key(name=data["name"], scopes=data["scopes"], at=now(), expires_at=data["expires_at"])
            self.log_addition(request, key, "Made")
            return Once(_("Your new API key"), _("Copy it now. It is shown this once and cannot be read again."), {str(_("Key")): token})

        return self.ask(request, None, confirm, act)

    @action(description=_("Revoke"), permissions=["act"], url_path="revoke")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Revoke this key"), _("Revoke"), _("Whatever uses it is refused from now on."), is_dangerous=True)

        def act(row: ApiKey, data: dict[str, Any]) -> Text:
            return _("The key is revoked.") if revoke_api_key(key_id=row.pk, at=now()) else _("The key was revoked before.")

        return self.ask(request, object_id, confirm, act)


@admin.register(User, site=site)
class UserAdmin(Asking):
    """Platform staff only. Rights are not among the fields: nobody becomes platform staff through a form."""

    icon, order = "person", 20
    actions = None
    fields = ["email", "name", "is_active", "last_login"]
    readonly_fields = ["email", "last_login"]
    list_display = ["email", "name", "is_active", "is_superuser", "last_login"]
    search_fields = ["=email"]
    ordering = ["email"]
    actions_detail = ["password_link"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).is_platform

    has_change_permission = has_module_permission = has_act_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changes = {"fields": sorted(form.changed_data), "is_active": obj.is_active}
        write_platform(Line(Deed.PERSON_CHANGED, about(obj), changes))

    @action(description=_("Make a password link"), permissions=["act"], url_path="password-link")
    def password_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("The link lets this person choose a password. Hand it to nobody else. It works once, for three days.")
        confirm = Confirm(_("Make a password link"), _("Make the link"), text)

        def act(row: User, data: dict[str, Any]) -> Once:
            uid = urlsafe_base64_encode(force_bytes(row.pk))
            path = reverse("admin:new_password", args=[uid, default_token_generator.make_token(row)])
            write_platform(Line(Deed.PASSWORD_LINK, about(row)))
            return Once(_("Password link"), text, {row.email: f"{platform_url()}{path}"})

        return self.ask(request, object_id, confirm, act)
